import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import { HttpError } from 'skewproof/http'
import { requireAdmin } from '../authenticate.ts'
import type { ServiceContext } from '../context.ts'
import {
  boolean,
  described,
  integer,
  listOf,
  noBody,
  objectOf,
  problems,
  receiptSchema,
  text,
  tokenResponseSchema,
} from '../schemas.ts'

const scopeSchema = {
  type: 'string',
  pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+( [\\x21\\x23-\\x5b\\x5d-\\x7e]+)*$',
  maxLength: 1024,
} as const
const subjectSchema = { type: 'string', minLength: 1, maxLength: 256 } as const
const identifierSchema = { type: 'string', minLength: 1, maxLength: 64 } as const
const someText = { type: 'string', minLength: 1 } as const

const issueSchema = {
  type: 'object',
  required: ['sub'],
  properties: {
    sub: subjectSchema,
    expires_in: { type: 'integer', minimum: 1, description: 'Seconds; default 3600' },
    aud: { anyOf: [someText, { type: 'array', items: someText, minItems: 1, maxItems: 32 }] },
    scope: scopeSchema,
    claims: { type: 'object', additionalProperties: true },
    refresh: { type: 'boolean', description: 'Also give a refresh token' },
  },
  additionalProperties: false,
} as const

const listSchema = {
  type: 'object',
  required: ['sub'],
  properties: {
    sub: subjectSchema,
    limit: { type: 'integer', minimum: 1, maximum: 1000 },
    cursor: { type: 'string', maxLength: 32 },
  },
} as const

const revocationSchema = {
  anyOf: [
    {
      type: 'object',
      required: ['jti'],
      properties: { jti: identifierSchema },
      additionalProperties: false,
    },
    {
      type: 'object',
      required: ['sub'],
      properties: { sub: subjectSchema },
      additionalProperties: false,
    },
    {
      type: 'object',
      required: ['session'],
      properties: { session: identifierSchema },
      additionalProperties: false,
    },
    {
      type: 'object',
      required: ['issued_before'],
      properties: {
        issued_before: { type: 'number', minimum: 0, description: 'Seconds since the Unix epoch' },
      },
      additionalProperties: false,
    },
  ],
} as const

const rotationSchema = {
  type: 'object',
  properties: { compromised: { type: 'boolean' } },
  additionalProperties: false,
} as const

const newClientSchema = {
  type: 'object',
  properties: { scope: scopeSchema, admin: { type: 'boolean' } },
  additionalProperties: false,
} as const

const clientParamsSchema = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', maxLength: 64 } },
} as const

const keySchema = objectOf(
  {
    kid: text,
    alg: text,
    state: described(text, 'next, signing or retired'),
    signs_in: described(integer, 'Seconds until it signs; 0 when it does or did'),
  },
  { verifies_for: described(integer, 'Seconds until it is dropped') },
)
const keysSchema = objectOf({ keys: listOf(keySchema) })

const listedTokenSchema = objectOf(
  { jti: text, issued_at: integer, expires_in: integer },
  { session: described(text, 'The session that it was issued in'), client_id: text, scope: text },
)

const listedClientSchema = objectOf({ client_id: text, scope: text, admin: boolean })

/** What only administrators may do. */
export function administrationRoutes(context: ServiceContext): FastifyPluginAsyncJsonSchemaToTs {
  const { tokens, clients } = context
  const security = [{ basic: [] }, { bearer: [] }]
  const tags = ['administration']

  return async app => {
    // After the rate limit, which counts wrong credentials too, and before the body is read.
    app.addHook('preParsing', requireAdmin(context))

    app.post(
      '/v1/tokens',
      {
        schema: {
          summary: 'Issue a token for a subject',
          tags,
          security,
          body: issueSchema,
          response: { 200: tokenResponseSchema, ...problems(400, 401, 403, 429, 503) },
        },
      },
      async ({ body }) =>
        tokens.issue({
          subject: body.sub,
          expiresIn: body.expires_in,
          audience: body.aud,
          scope: body.scope,
          claims: body.claims,
          refresh: body.refresh,
        }),
    )

    app.get(
      '/v1/tokens',
      {
        schema: {
          summary: 'The live tokens of a subject',
          tags,
          security,
          querystring: listSchema,
          response: {
            200: objectOf({ tokens: listOf(listedTokenSchema) }, { cursor: text }),
            ...problems(400, 401, 403, 429, 503),
          },
        },
      },
      async ({ query: { sub, limit, cursor } }) => {
        const page = await tokens.list(sub, { ...(limit && { limit }), ...(cursor && { cursor }) })
        return {
          tokens: page.tokens.map(token => ({
            jti: token.jti,
            issued_at: token.issuedAtSeconds,
            expires_in: Math.max(0, Math.floor(token.remainingMs / 1000)),
            ...(token.familyId !== undefined && { session: token.familyId }),
            ...(token.clientId !== undefined && { client_id: token.clientId }),
            ...(token.scope !== undefined && { scope: token.scope }),
          })),
          ...(page.cursor !== undefined && { cursor: page.cursor }),
        }
      },
    )

    app.post(
      '/v1/revocations',
      {
        schema: {
          summary:
            'Revoke a token, a session, all that a subject has, or everything issued before an instant',
          tags,
          security,
          body: revocationSchema,
          response: { 200: receiptSchema, ...problems(400, 401, 403, 429, 503) },
        },
      },
      async ({ body }) => {
        if ('jti' in body) return tokens.revoke(body.jti)
        if ('sub' in body) return tokens.revokeSubject(body.sub)
        if ('session' in body) return tokens.revokeSession(body.session)
        return tokens.revokeIssuedBefore(body.issued_before)
      },
    )

    app.get(
      '/v1/keys',
      {
        schema: {
          summary: 'The keys and their state',
          tags,
          security,
          response: { 200: keysSchema, ...problems(400, 401, 403, 503) },
        },
      },
      async () => ({ keys: (await tokens.keys.list()).map(describeKey) }),
    )

    app.post(
      '/v1/keys/rotations',
      {
        schema: {
          summary:
            'Publish a new key, which signs when everybody has seen it; compromised: at once, dropping the others',
          tags,
          security,
          body: rotationSchema,
          response: { 200: keysSchema, ...problems(400, 401, 403, 503) },
        },
      },
      async ({ body: { compromised = false } }) => ({
        keys: (await tokens.keys.rotate({ compromised })).map(describeKey),
      }),
    )

    app.post(
      '/v1/clients',
      {
        schema: {
          summary: 'Register a client; its secret is shown once',
          tags,
          security,
          body: newClientSchema,
          response: {
            200: objectOf({ client_id: text, client_secret: text }),
            ...problems(400, 401, 403, 503),
          },
        },
      },
      async ({ body: { scope = '', admin = false } }) => {
        const { clientId, clientSecret } = await clients.add({ scope, isAdmin: admin })
        return { client_id: clientId, client_secret: clientSecret }
      },
    )

    app.get(
      '/v1/clients',
      {
        schema: {
          summary: 'The registered clients',
          tags,
          security,
          response: {
            200: objectOf({ clients: listOf(listedClientSchema) }),
            ...problems(400, 401, 403, 503),
          },
        },
      },
      async () => ({
        clients: (await clients.list()).map(({ clientId, scope, isAdmin }) => ({
          client_id: clientId,
          scope,
          admin: isAdmin,
        })),
      }),
    )

    app.delete(
      '/v1/clients/:id',
      {
        schema: {
          summary: 'Remove a client',
          tags,
          security,
          params: clientParamsSchema,
          response: { 204: noBody, ...problems(400, 401, 403, 404, 503) },
        },
      },
      async ({ params: { id } }, reply) => {
        if (!(await clients.remove(id))) throw new HttpError(404, 'ERR_NOT_FOUND', 'there is no such client')
        return reply.code(204).send()
      },
    )
  }
}

type KeyInfo = Awaited<ReturnType<ServiceContext['tokens']['keys']['list']>>[number]

function describeKey({ kid, alg, state, signsInSeconds, verifiesForSeconds }: KeyInfo): {
  kid: string
  alg: string
  state: string
  signs_in: number
  verifies_for?: number
} {
  return {
    kid,
    alg,
    state,
    signs_in: signsInSeconds,
    ...(verifiesForSeconds !== undefined && { verifies_for: verifiesForSeconds }),
  }
}
