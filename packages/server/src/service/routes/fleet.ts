import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import { serverTimeValue } from 'skewproof/http'
import { authorizeReader } from '../authenticate.ts'
import type { ServiceContext } from '../context.ts'
import { fleetSchema } from '../fleet/schemas.ts'
import { described, problems, text } from '../schemas.ts'

/** Every node's clock, now and as it changes. Read on this machine without a login; else an administrator's. */
export function fleetRoutes(context: ServiceContext): FastifyPluginAsyncJsonSchemaToTs {
  const { clock, fleet } = context
  const tags = ['fleet']
  const authorize = authorizeReader(context)

  return async app => {
    // Before the server waits for the requests that are under way, which streams always are.
    app.addHook('preClose', async () => fleet.closeStreams())

    app.get(
      '/v1/fleet',
      {
        onRequest: async request => void (await authorize(request)),
        schema: {
          summary: "Every node's clock, and who is wrong",
          tags,
          response: { 200: fleetSchema, ...problems(401, 403, 503) },
        },
      },
      async (_request, reply) => {
        reply.header('cache-control', 'no-store')
        return fleet.status()
      },
    )

    app.get(
      '/v1/events',
      {
        schema: {
          summary: 'The same as server-sent events: fleet, nodes, verdicts, happening',
          tags,
          response: {
            200: described(text, 'text/event-stream (HTML, 9.2)'),
            ...problems(401, 403, 503),
          },
        },
      },
      async (request, reply) => {
        await fleet.stream({
          response: reply.raw,
          headers: { 'x-server-time': serverTimeValue(clock) },
          lastEventId: request.headers['last-event-id'],
          authorize: () => authorize(request),
        })
        return reply.hijack()
      },
    )
  }
}
