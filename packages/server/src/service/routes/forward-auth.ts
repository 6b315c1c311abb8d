import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { bearerToken, hasScope, missingToken } from '../authenticate.ts'
import type { ServiceContext } from '../context.ts'
import { HttpError, insufficientScope } from '../errors.ts'
import { noBody, problems } from '../schemas.ts'

const querySchema = Type.Object({
  scope: Type.Optional(Type.String({ maxLength: 1024, description: 'All of these are needed' })),
  audience: Type.Optional(Type.String({ maxLength: 1024, description: 'The token must name it' })),
})

/**
 * One question for proxies: may this request pass? nginx `auth_request`, Traefik, Caddy and Envoy send the headers of the
 * original request, some with its method and path.
 */
export function forwardAuthRoutes({ tokens }: ServiceContext): FastifyPluginAsyncTypebox {
  return async app => {
    // The body belongs to somebody else, whatever it is: it is not read.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _body, done) => done(null))
    for (const url of ['/forward-auth', '/forward-auth/*']) {
      app.route({
        method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        url,
        schema: {
          hide: url.endsWith('*'),
          summary: 'Whether a request with this bearer token may pass',
          tags: ['proxies'],
          security: [{ bearer: [] }],
          querystring: querySchema,
          response: { 200: noBody, ...problems(401, 403, 503) },
        },
        handler: async (request, reply) => {
          const token = bearerToken(request)
          if (token === undefined) throw missingToken()
          const { claims } = tokens.verifyCached(token) ?? (await tokens.verify(token))
          const { scope, audience } = request.query
          if (scope !== undefined && !hasScope(claims.scope, scope)) throw insufficientScope(scope)
          if (audience !== undefined && ![claims.aud].flat().includes(audience)) {
            throw new HttpError(403, 'ERR_AUDIENCE', 'the token is not meant for this audience')
          }
          reply.header('x-token-subject', headerText(claims.sub))
          reply.header('x-token-scope', headerText(claims.scope))
          reply.header('x-token-jti', headerText(claims.jti))
          return reply.code(200).send()
        },
      })
    }
  }
}

/** A subject is any text, a header value is not; what does not fit is percent-encoded. */
function headerText(text: string | undefined): string {
  return (text ?? '').replace(/[^\x20-\x24\x26-\x7e]/gu, char =>
    encodeURIComponent(Buffer.from(char).toString()),
  )
}
