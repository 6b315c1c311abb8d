import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import type { FastifyRequest } from 'fastify'
import {
  RefreshError,
  type RefreshTokenInfo,
  type TokenClaims,
  TokenError,
  type TokenResponse,
} from 'skewproof'
import { HttpError } from 'skewproof/http'
import { hasScope, isRefusal, optionalClient, requireClient } from '../authenticate.ts'
import type { Client } from '../clients.ts'
import type { ServiceContext } from '../context.ts'
import { openToPages } from '../cors.ts'
import { answerFor, oauthError } from '../errors.ts'
import {
  boolean,
  described,
  noBody,
  number,
  oauthErrors,
  objectOf,
  text,
  tokenResponseSchema,
} from '../schemas.ts'

const shortText = { type: 'string', maxLength: 1024 } as const
const credentials = { client_id: shortText, client_secret: shortText } as const

const tokenRequestSchema = {
  type: 'object',
  required: ['grant_type'],
  properties: {
    grant_type: shortText,
    scope: shortText,
    audience: shortText,
    refresh_token: shortText,
    ...credentials,
  },
} as const
const tokenParameterSchema = {
  type: 'object',
  required: ['token'],
  properties: {
    token: { type: 'string', minLength: 1, maxLength: 16_384 },
    token_type_hint: shortText,
    ...credentials,
  },
} as const

const introspectionSchema = described(
  objectOf(
    { active: boolean },
    {
      scope: text,
      client_id: text,
      token_type: text,
      exp: number,
      iat: number,
      nbf: number,
      sub: text,
      aud: { type: ['string', 'array'], items: text },
      iss: text,
      jti: text,
    },
  ),
  'RFC 7662, section 2.2',
)

interface Introspection {
  active: boolean
  token_type?: 'Bearer' | 'refresh_token'
  scope?: string | undefined
  client_id?: string | undefined
  exp?: number | undefined
  iat?: number | undefined
  nbf?: number | undefined
  sub?: string | undefined
  aud?: string | readonly string[] | undefined
  iss?: string | undefined
  jti?: string | undefined
}

/** RFC 6749, 7662 and 7009, with their form bodies and their errors. */
export function oauthRoutes(context: ServiceContext): FastifyPluginAsyncJsonSchemaToTs {
  const { tokens } = context
  const tags = ['OAuth 2.0']
  const consumes = ['application/x-www-form-urlencoded']
  const security = [{ basic: [] }]

  return async app => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 32_768 },
      (_request: FastifyRequest, body: string, done) => {
        try {
          done(null, parseForm(body))
        } catch (error) {
          done(error as Error)
        }
      },
    )
    app.addHook('onSend', (_request, reply, _payload, done) => {
      // RFC 6749, 5.1: what holds tokens must not be cached.
      reply.header('cache-control', 'no-store')
      done()
    })
    app.setErrorHandler((error, request, reply) => {
      const answer = answerFor(error)
      if (answer.problem.status >= 500) request.log.error({ req: request, err: error }, 'request failed')
      return reply.code(answer.problem.status).headers(answer.headers).send(oauthError(answer))
    })

    app.post(
      '/oauth2/token',
      {
        onSend: (_request, reply, _payload, done) => {
          reply.headers(openToPages)
          done()
        },
        schema: {
          summary: 'client_credentials and refresh_token',
          tags,
          consumes,
          security: [...security, {}],
          body: tokenRequestSchema,
          response: { 200: tokenResponseSchema, ...oauthErrors(400, 401, 429, 503) },
        },
      },
      async request => {
        const { grant_type: grantType, refresh_token: refreshToken, scope, audience } = request.body
        switch (grantType) {
          case 'client_credentials':
            return issueToClient(await requireClient(context, request), scope, audience)
          case 'refresh_token':
            if (refreshToken === undefined) throw oauthRefusal('invalid_request', 'refresh_token is missing')
            return refresh(refreshToken, await optionalClient(context, request))
          default:
            throw oauthRefusal('unsupported_grant_type', 'use client_credentials or refresh_token')
        }
      },
    )

    app.post(
      '/oauth2/introspect',
      {
        schema: {
          summary: 'Whether a token is active, and what it says',
          tags,
          consumes,
          security,
          body: tokenParameterSchema,
          response: { 200: introspectionSchema, ...oauthErrors(400, 401, 429, 503) },
        },
      },
      async (request): Promise<Introspection> => {
        await requireClient(context, request)
        return introspect(request.body.token)
      },
    )

    app.post(
      '/oauth2/revoke',
      {
        schema: {
          summary: 'Revoke an access token, or the session of a refresh token',
          tags,
          consumes,
          security,
          body: tokenParameterSchema,
          response: { 200: noBody, ...oauthErrors(400, 401, 429, 503) },
        },
      },
      async (request, reply) => {
        await revoke(request.body.token, await requireClient(context, request))
        return reply.code(200).send()
      },
    )
  }

  function issueToClient(
    client: Client,
    scope: string | undefined,
    audience: string | undefined,
  ): Promise<TokenResponse> {
    if (scope !== undefined && !hasScope(client.scope, scope)) {
      throw oauthRefusal('invalid_scope', 'the client may not ask for this scope')
    }
    const granted = scope ?? client.scope
    return tokens.issue({
      subject: client.clientId,
      clientId: client.clientId,
      audience,
      scope: granted === '' ? undefined : granted,
    })
  }

  async function refresh(refreshToken: string, client: Client | undefined): Promise<TokenResponse> {
    try {
      return await tokens.refresh(refreshToken, client?.clientId)
    } catch (error) {
      throw error instanceof RefreshError ? oauthRefusal('invalid_grant', error.message) : error
    }
  }

  async function introspect(token: string): Promise<Introspection> {
    try {
      const verified = tokens.verifyCached(token)
      if (verified !== undefined) return activeToken(verified.claims)
      const session = await tokens.inspectRefreshToken(token)
      if (session !== undefined) return activeSession(session)
      return activeToken((await tokens.verify(token)).claims)
    } catch (error) {
      // RFC 7662, 2.2: no reason is given. A store that cannot be asked is no reason.
      if (isRefusal(error)) return { active: false }
      throw error
    }
  }

  async function revoke(token: string, client: Client): Promise<void> {
    const owner = client.isAdmin ? undefined : client.clientId
    try {
      const session = await tokens.inspectRefreshToken(token)
      if (session !== undefined) {
        checkOwner(session.clientId, owner)
        await tokens.revokeRefreshToken(token, session.clientId)
        return
      }
      const { claims } = await tokens.verify(token)
      checkOwner(claims.client_id, owner)
      if (claims.jti !== undefined) await tokens.revoke(claims.jti)
    } catch (error) {
      // RFC 7009, 2.2: a token that is not good any more is as revoked as it can be.
      if (error instanceof RefreshError || (error instanceof TokenError && isRefusal(error))) return
      throw error
    }
  }
}

/** What is undefined is left out of the answer. */
function activeToken({ scope, client_id, exp, iat, nbf, sub, aud, iss, jti }: TokenClaims): Introspection {
  return { active: true, token_type: 'Bearer', scope, client_id, exp, iat, nbf, sub, aud, iss, jti }
}

function activeSession({ subject, scope, clientId }: RefreshTokenInfo): Introspection {
  return { active: true, token_type: 'refresh_token', sub: subject, scope, client_id: clientId }
}

/** RFC 7009, 2.1: a client revokes its own tokens; those of no client are anybody's who is registered. */
function checkOwner(owner: string | undefined, client: string | undefined): void {
  if (owner !== undefined && client !== undefined && owner !== client) {
    throw oauthRefusal('unauthorized_client', 'the token was issued to another client')
  }
}

/** RFC 6749, 3.2: a parameter without a value counts as omitted, and none may come twice. */
function parseForm(text: string): Readonly<Record<string, string>> {
  const given = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (value === '') continue
    if (given.has(name)) throw oauthRefusal('invalid_request', 'a parameter comes more than once')
    given.set(name, value)
  }
  return Object.fromEntries(given)
}

function oauthRefusal(error: string, description: string): HttpError {
  return new HttpError(400, `ERR_OAUTH_${error.toUpperCase()}`, description)
}
