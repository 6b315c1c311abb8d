import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ClockReading } from 'skewproof'
import { clockBody, HttpError, healthBody, uncached } from 'skewproof/http'
import { Type } from 'typebox'
import type { ServiceContext } from '../context.ts'
import { openToPages } from '../cors.ts'
import { problems } from '../schemas.ts'

const nullableNumber = Type.Union([Type.Number(), Type.Null()])

/** The time of the request's arrival, which `/clock` reports: read before anything else is done. */
declare module 'fastify' {
  interface FastifyRequest {
    receivedAt: ClockReading
  }
}

/** How the service is, and what time it has. */
export function statusRoutes({ clock, store, fleet }: ServiceContext): FastifyPluginAsyncTypebox {
  return async app => {
    app.addHook('onSend', async (_request, reply) => {
      reply.headers({ ...uncached, ...openToPages })
    })

    app.get(
      '/clock',
      {
        schema: {
          summary: 'The two inner timestamps of a four-timestamp exchange',
          tags: ['time'],
          response: {
            200: Type.Object({
              receivedAtMs: Type.Number(),
              sentAtMs: Type.Number(),
              errorMs: nullableNumber,
              status: Type.String(),
            }),
          },
        },
      },
      async ({ receivedAt }) => clockBody(clock, receivedAt),
    )

    app.get(
      '/health',
      {
        schema: {
          summary: 'Whether the process works, and what its clock says',
          tags: ['status'],
          response: {
            200: Type.Object({
              status: Type.String(),
              serverTime: Type.String(),
              serverTimestamp: Type.Number({ description: 'Milliseconds since the Unix epoch' }),
              ntpOffset: Type.Union([Type.Number(), Type.Null()], {
                description: 'How far the wall clock is ahead of true time, ms; null when that is unknown',
              }),
              clock: Type.Object({
                status: Type.String(),
                errorMs: nullableNumber,
                wallOffsetMs: nullableNumber,
              }),
              fleet: Type.Object({
                view: Type.Union([Type.String(), Type.Null()], {
                  description: 'utc, agreement, undecidable or pending; null before the first heartbeat',
                }),
                ready: Type.Boolean({ description: 'false: the others outvote its time sources' }),
                alarm: Type.Union([Type.String(), Type.Null()]),
              }),
              store: Type.Object({
                maxStalenessMs: Type.Number({
                  description: 'For how long a revocation elsewhere may stay unseen here',
                }),
              }),
            }),
          },
        },
      },
      async () => ({
        ...healthBody(clock),
        fleet: {
          view: fleet.knowledge?.view.kind ?? null,
          ready: fleet.knowledge?.readiness.ready ?? true,
          alarm: fleet.knowledge?.alarm ?? null,
        },
        store: { maxStalenessMs: store.maxStalenessMs },
      }),
    )

    app.get(
      '/ready',
      {
        schema: {
          summary: 'Whether this node may take traffic',
          tags: ['status'],
          response: { 200: Type.Object({ status: Type.String() }), ...problems(503) },
        },
      },
      async () => {
        if (app.isDraining())
          throw new HttpError(503, 'ERR_DRAINING', 'the node is shutting down', {
            headers: { 'retry-after': '1' },
          })
        fleet.requireReady()
        await store.readDocument('ready')
        return { status: 'ready' }
      },
    )
  }
}
