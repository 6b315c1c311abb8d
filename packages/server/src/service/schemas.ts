/**
 * JSON Schema of an answer, in the dialect of OpenAPI 3.1. Schemas of requests are literals at their routes instead, since handlers
 * get their types from them.
 */
export type JsonSchema = Readonly<Record<string, unknown>>

export const text: JsonSchema = { type: 'string' }
export const integer: JsonSchema = { type: 'integer' }
export const number: JsonSchema = { type: 'number' }
export const boolean: JsonSchema = { type: 'boolean' }
export const nullableText: JsonSchema = { type: ['string', 'null'] }
export const nullableNumber: JsonSchema = { type: ['number', 'null'] }
/** With names that are not known beforehand. */
export const anyObject: JsonSchema = { type: 'object', additionalProperties: true }
export const noBody: JsonSchema = { type: 'null', description: 'Without a body' }

/** An object that always has the first fields, and may have the others. */
export function objectOf(
  fields: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return { type: 'object', required: Object.keys(fields), properties: { ...fields, ...optional } }
}

export function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items }
}

export function oneOf(...names: readonly string[]): JsonSchema {
  return { type: 'string', enum: names }
}

export function described(schema: JsonSchema, description: string): JsonSchema {
  return { ...schema, description }
}

const problemSchema = described(
  objectOf(
    {
      type: text,
      title: text,
      status: integer,
      detail: text,
      code: described(text, 'Stable; see the table of codes'),
    },
    {
      claim: described(text, 'The claim that was refused'),
      byMs: described(number, 'How far it lies beyond what is tolerated'),
      culprit: described(oneOf('issuer', 'verifier', 'unknown', 'none'), 'Whose clock is wrong'),
    },
  ),
  'RFC 9457 problem',
)

const oauthErrorSchema = described(
  objectOf({ error: text, error_description: text, code: text }),
  'RFC 6749, section 5.2',
)

export const tokenResponseSchema: JsonSchema = described(
  objectOf(
    {
      access_token: text,
      token_type: oneOf('Bearer'),
      expires_in: described(integer, 'Seconds; a duration, never an instant'),
      jti: text,
    },
    { scope: text, refresh_token: text },
  ),
  'RFC 6749, section 5.1',
)

export const receiptSchema: JsonSchema = objectOf({
  revoked: boolean,
  durability: oneOf('durable', 'replicated', 'acknowledged'),
})

/** The refusals that an endpoint shares with others. */
export function problems(...statuses: number[]): Record<string, JsonSchema> {
  return Object.fromEntries(statuses.map(status => [String(status), problemSchema]))
}

export function oauthErrors(...statuses: number[]): Record<string, JsonSchema> {
  return Object.fromEntries(statuses.map(status => [String(status), oauthErrorSchema]))
}
