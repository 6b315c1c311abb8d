import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import type { ServiceContext } from '../context.ts'
import { text } from '../schemas.ts'

/** What Prometheus reads. */
export function metricsRoutes({ metrics }: ServiceContext): FastifyPluginAsyncJsonSchemaToTs {
  return async app => {
    app.get(
      '/metrics',
      {
        schema: {
          summary: "What this node measures, in Prometheus' text format",
          tags: ['status'],
          response: { 200: { content: { 'text/plain': { schema: text } } } },
        },
      },
      async (_request, reply) => {
        reply.header('cache-control', 'no-store').type('text/plain; version=0.0.4; charset=utf-8')
        return metrics.text()
      },
    )
  }
}
