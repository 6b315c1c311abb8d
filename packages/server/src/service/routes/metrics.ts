import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { ServiceContext } from '../context.ts'

/** What Prometheus reads. */
export function metricsRoutes({ metrics }: ServiceContext): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/metrics',
      {
        schema: {
          summary: "What this node measures, in Prometheus' text format",
          tags: ['status'],
          response: { 200: { content: { 'text/plain': { schema: Type.String() } } } },
        },
      },
      async (_request, reply) => {
        reply.header('cache-control', 'no-store').type('text/plain; version=0.0.4; charset=utf-8')
        return metrics.text()
      },
    )
  }
}
