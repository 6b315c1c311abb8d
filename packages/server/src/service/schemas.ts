import { type TSchema, Type } from 'typebox'

export const problemSchema: TSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'Stable; see the table of codes' }),
    claim: Type.Optional(Type.String({ description: 'The claim that was refused' })),
    byMs: Type.Optional(Type.Number({ description: 'How far it lies beyond what is tolerated' })),
    culprit: Type.Optional(
      Type.Union(
        ['issuer', 'verifier', 'unknown', 'none'].map(name => Type.Literal(name)),
        {
          description: 'Whose clock is wrong',
        },
      ),
    ),
  },
  { description: 'RFC 9457 problem' },
)

export const oauthErrorSchema: TSchema = Type.Object(
  { error: Type.String(), error_description: Type.String(), code: Type.String() },
  { description: 'RFC 6749, section 5.2' },
)

export const tokenResponseSchema: TSchema = Type.Object(
  {
    access_token: Type.String(),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ description: 'Seconds; a duration, never an instant' }),
    jti: Type.String(),
    scope: Type.Optional(Type.String()),
    refresh_token: Type.Optional(Type.String()),
  },
  { description: 'RFC 6749, section 5.1' },
)

export const receiptSchema: TSchema = Type.Object({
  revoked: Type.Boolean(),
  durability: Type.Union(['durable', 'replicated', 'acknowledged'].map(name => Type.Literal(name))),
})

export const noBody: TSchema = Type.Null({ description: 'Without a body' })

/** The refusals that an endpoint shares with others. */
export function problems(...statuses: number[]): Record<string, TSchema> {
  return Object.fromEntries(statuses.map(status => [String(status), problemSchema]))
}

export function oauthErrors(...statuses: number[]): Record<string, TSchema> {
  return Object.fromEntries(statuses.map(status => [String(status), oauthErrorSchema]))
}
