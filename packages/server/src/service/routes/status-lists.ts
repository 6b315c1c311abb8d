import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import { HttpError } from 'skewproof/http'
import type { ServiceContext } from '../context.ts'
import { openToPages } from '../cors.ts'
import { sendAnswer } from '../errors.ts'
import { noBody, problems, text } from '../schemas.ts'

const noHistory = new HttpError(501, 'ERR_NOT_IMPLEMENTED', 'the status of the past is not kept')
const mediaType = 'application/statuslist+jwt'

const paramsSchema = {
  type: 'object',
  required: ['list'],
  properties: { list: { type: 'string', description: 'As tokens name it in "status"' } },
} as const
const querySchema = {
  type: 'object',
  properties: { time: { type: 'string', description: 'Not supported: there is no history' } },
} as const

/** Which tokens were revoked, for verifiers without the store and for the caches before them. */
export function statusListRoutes({ tokens }: ServiceContext): FastifyPluginAsyncJsonSchemaToTs {
  return async app => {
    app.get(
      '/.well-known/status/:list',
      {
        schema: {
          summary: 'Which tokens of a list were revoked (draft-ietf-oauth-status-list)',
          tags: ['discovery'],
          params: paramsSchema,
          querystring: querySchema,
          response: {
            200: {
              description: 'A Status List Token',
              content: { [mediaType]: { schema: text } },
            },
            304: noBody,
            ...problems(404, 501, 503),
          },
        },
      },
      async (request, reply) => {
        reply.headers({ 'cache-control': 'no-store', ...openToPages })
        if (request.query.time !== undefined) {
          // Section 8.4. It is sent from here because the log has no use for it.
          return sendAnswer(reply, noHistory)
        }
        const published = await tokens.statusList(request.params.list)
        if (published === undefined) {
          throw new HttpError(404, 'ERR_NOT_FOUND', 'there is no such status list')
        }
        const { token, tag, ttlSeconds } = published
        reply.header('cache-control', `public, max-age=${ttlSeconds}`).header('etag', `"${tag}"`)
        if (namesTag(request.headers['if-none-match'], tag)) return reply.code(304).send()
        return reply.type(mediaType).send(token)
      },
    )
  }
}

/** RFC 9110, 13.1.2: by the weak comparison. */
function namesTag(condition: string | undefined, tag: string): boolean {
  const named = (condition ?? '').split(',').map(entry => entry.trim())
  return named.some(entry => entry === '*' || entry === `"${tag}"` || entry === `W/"${tag}"`)
}
