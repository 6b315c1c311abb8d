import rateLimit from '@fastify/rate-limit'
import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import type { FastifyRequest } from 'fastify'
import { HttpError } from 'skewproof/http'
import { mayReadWithoutLogin } from '../authenticate.ts'
import type { ServiceContext } from '../context.ts'
import { boolean, described, integer, noBody, objectOf, problems, text } from '../schemas.ts'
import { endedCookie, sessionCookie } from '../session/cookie.ts'
import { requireOwnPage } from '../session/same-origin.ts'
import { Sessions } from '../session/sessions.ts'

/** Attempts in a minute from one address. Secrets have 256 bits: this keeps logs and processors quiet. */
const maxLogins = 20

const loginSchema = {
  type: 'object',
  required: ['client_id', 'client_secret'],
  properties: {
    client_id: { type: 'string', minLength: 1, maxLength: 256 },
    client_secret: { type: 'string', minLength: 1, maxLength: 256 },
  },
  additionalProperties: false,
} as const

const sessionSchema = objectOf(
  { may_read: described(boolean, 'Whether the fleet is shown to this browser') },
  {
    client_id: described(text, 'Who is logged in; absent: nobody'),
    expires_in: described(integer, 'Seconds until the login ends'),
  },
)

interface SessionBody {
  may_read: boolean
  client_id?: string
  expires_in?: number
}

/** Logging in to the dashboard, and out. */
export function sessionRoutes(context: ServiceContext): FastifyPluginAsyncJsonSchemaToTs {
  const sessions = new Sessions(context)
  const tags = ['dashboard']

  async function describe(request: FastifyRequest): Promise<SessionBody> {
    const session = await sessions.find(request)
    if (session === undefined) return { may_read: mayReadWithoutLogin(context, request) }
    return { may_read: true, client_id: session.clientId, expires_in: session.expiresInSeconds }
  }

  return async app => {
    await app.register(rateLimit, { global: false, cache: 10_000 })
    app.addHook('onRequest', async request => requireOwnPage(request))
    app.addHook('onSend', async (_request, reply) => {
      reply.header('cache-control', 'no-store')
    })

    app.get(
      '/v1/session',
      {
        schema: {
          summary: 'Whether somebody is logged in to the dashboard, and what this browser may see',
          tags,
          response: { 200: sessionSchema, ...problems(503) },
        },
      },
      describe,
    )

    app.post(
      '/v1/session',
      {
        config: { rateLimit: { max: maxLogins, timeWindow: 60_000 } },
        schema: {
          summary: "Log in with an administrator's client: sets the cookie that carries the session",
          tags,
          body: loginSchema,
          response: { 200: sessionSchema, ...problems(400, 401, 403, 429, 503) },
        },
      },
      async (request, reply) => {
        const { client_id: clientId, client_secret: clientSecret } = request.body
        const client = await context.clients.authenticate(clientId, clientSecret)
        if (client === undefined) throw wrongLogin()
        if (!client.isAdmin) throw new HttpError(403, 'ERR_SCOPE', 'the client is not an administrator')
        const previous = await sessions.find(request)
        const token = await sessions.start(client)
        if (previous !== undefined) await sessions.end(previous)
        reply.header('set-cookie', sessionCookie(sessions.cookie, token, request.headers))
        return { may_read: true, client_id: clientId, expires_in: context.sessionSeconds }
      },
    )

    app.delete(
      '/v1/session',
      {
        schema: {
          summary: 'Log out: revokes the session',
          tags,
          response: { 204: noBody, ...problems(403, 503) },
        },
      },
      async (request, reply) => {
        const session = await sessions.find(request)
        if (session !== undefined) await sessions.end(session)
        return reply.code(204).header('set-cookie', endedCookie(sessions.cookie, request.headers)).send()
      },
    )
  }
}

/** Without a `Basic` challenge: the page asks again itself. */
function wrongLogin(): HttpError {
  return new HttpError(401, 'ERR_CLIENT', 'the client is unknown, or its secret is wrong', {
    headers: { 'www-authenticate': 'Bearer realm="skewproof"' },
  })
}
