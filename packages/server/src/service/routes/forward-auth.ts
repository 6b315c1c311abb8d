import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import {
  createGuard,
  defaultRealm,
  HttpError,
  receivedFields,
  requireAudience,
  requireScope,
} from 'skewproof/http'
import type { ServiceContext } from '../context.ts'
import { noBody, problems } from '../schemas.ts'

const querySchema = {
  type: 'object',
  properties: {
    scope: { type: 'string', maxLength: 1024, description: 'All of these are needed' },
    audience: { type: 'string', maxLength: 1024, description: 'The token must name it' },
  },
} as const

/**
 * One question for proxies: may this request pass? nginx `auth_request`, Traefik, Caddy and Envoy send the headers of the
 * original request, some with its method and path.
 */
export function forwardAuthRoutes({ tokens }: ServiceContext): FastifyPluginAsyncJsonSchemaToTs {
  const guard = createGuard({ tokens })
  const protection = { realm: defaultRealm }
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
          const admission = await guard(receivedFields(request.raw), request)
          if (admission.refusal !== undefined) throw forProxies(admission.refusal)
          const { claims } = admission.token
          const { scope, audience } = request.query
          const wanted = (scope ?? '').split(' ').filter(name => name !== '')
          requireScope(claims.scope, wanted, protection)
          requireAudience(claims, audience === undefined ? undefined : [audience], protection)
          reply.header('x-token-subject', headerText(claims.sub))
          reply.header('x-token-scope', headerText(claims.scope))
          reply.header('x-token-jti', headerText(claims.jti))
          return reply.code(200).send()
        },
      })
    }
  }
}

/** nginx passes on 401 and 403; it makes 500 of anything else. */
function forProxies(refusal: HttpError): HttpError {
  const { code, message, headers } = refusal
  return refusal.status === 400 ? new HttpError(401, code, message, { headers }) : refusal
}

/** A subject is any text, a header value is not; what does not fit is percent-encoded. */
function headerText(text: string | undefined): string {
  if (text === undefined || /^[\x20-\x24\x26-\x7e]*$/.test(text)) return text ?? ''
  return text.replace(/[^\x20-\x24\x26-\x7e]/gu, char => encodeURIComponent(Buffer.from(char).toString()))
}
