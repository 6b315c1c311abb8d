import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { HttpError } from 'skewproof/http'
import { Type } from 'typebox'
import { requireAdmin } from '../authenticate.ts'
import type { ServiceContext } from '../context.ts'
import { noBody, problems, receiptSchema, tokenResponseSchema } from '../schemas.ts'

const scopeSchema = Type.String({
  pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+( [\\x21\\x23-\\x5b\\x5d-\\x7e]+)*$',
  maxLength: 1024,
})

const issueSchema = Type.Object(
  {
    sub: Type.String({ minLength: 1, maxLength: 256 }),
    expires_in: Type.Optional(Type.Integer({ minimum: 1, description: 'Seconds; default 3600' })),
    aud: Type.Optional(
      Type.Union([
        Type.String({ minLength: 1 }),
        Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 32 }),
      ]),
    ),
    scope: Type.Optional(scopeSchema),
    claims: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    refresh: Type.Optional(Type.Boolean({ description: 'Also give a refresh token' })),
  },
  { additionalProperties: false },
)

const revocationSchema = Type.Union([
  Type.Object({ jti: Type.String({ minLength: 1, maxLength: 64 }) }, { additionalProperties: false }),
  Type.Object({ sub: Type.String({ minLength: 1, maxLength: 256 }) }, { additionalProperties: false }),
  Type.Object({ session: Type.String({ minLength: 1, maxLength: 64 }) }, { additionalProperties: false }),
  Type.Object(
    { issued_before: Type.Number({ minimum: 0, description: 'Seconds since the Unix epoch' }) },
    { additionalProperties: false },
  ),
])

const keySchema = Type.Object({
  kid: Type.String(),
  alg: Type.String(),
  state: Type.String({ description: 'next, signing or retired' }),
  signs_in: Type.Integer({ description: 'Seconds until it signs; 0 when it does or did' }),
  verifies_for: Type.Optional(Type.Integer({ description: 'Seconds until it is dropped' })),
})
const keysSchema = Type.Object({ keys: Type.Array(keySchema) })

const listedTokenSchema = Type.Object({
  jti: Type.String(),
  issued_at: Type.Integer(),
  expires_in: Type.Integer(),
  session: Type.Optional(Type.String({ description: 'The session that it was issued in' })),
  client_id: Type.Optional(Type.String()),
  scope: Type.Optional(Type.String()),
})

/** What only administrators may do. */
export function administrationRoutes(context: ServiceContext): FastifyPluginAsyncTypebox {
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
          querystring: Type.Object({
            sub: Type.String({ minLength: 1, maxLength: 256 }),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
            cursor: Type.Optional(Type.String({ maxLength: 32 })),
          }),
          response: {
            200: Type.Object({ tokens: Type.Array(listedTokenSchema), cursor: Type.Optional(Type.String()) }),
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
          body: Type.Object({ compromised: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
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
          body: Type.Object(
            { scope: Type.Optional(scopeSchema), admin: Type.Optional(Type.Boolean()) },
            { additionalProperties: false },
          ),
          response: {
            200: Type.Object({ client_id: Type.String(), client_secret: Type.String() }),
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
            200: Type.Object({
              clients: Type.Array(
                Type.Object({ client_id: Type.String(), scope: Type.String(), admin: Type.Boolean() }),
              ),
            }),
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
          params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
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
