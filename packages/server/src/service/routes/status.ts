import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import type { ClockReading } from 'skewproof'
import { clockBody, HttpError, healthBody, uncached } from 'skewproof/http'
import type { ServiceContext } from '../context.ts'
import { openToPages } from '../cors.ts'
import {
  boolean,
  described,
  nullableNumber,
  nullableText,
  number,
  objectOf,
  problems,
  text,
} from '../schemas.ts'

/** The time of the request's arrival, which `/clock` reports: read before anything else is done. */
declare module 'fastify' {
  interface FastifyRequest {
    receivedAt: ClockReading
  }
}

const healthSchema = objectOf({
  status: text,
  serverTime: text,
  serverTimestamp: described(number, 'Milliseconds since the Unix epoch'),
  ntpOffset: described(
    nullableNumber,
    'How far the wall clock is ahead of true time, ms; null when that is unknown',
  ),
  clock: objectOf({ status: text, errorMs: nullableNumber, wallOffsetMs: nullableNumber }),
  fleet: objectOf({
    view: described(nullableText, 'utc, agreement, undecidable or pending; null before the first heartbeat'),
    ready: described(boolean, 'false: the others outvote its time sources'),
    alarm: nullableText,
  }),
  store: objectOf({
    maxStalenessMs: described(number, 'For how long a revocation elsewhere may stay unseen here'),
  }),
})

/** How the service is, and what time it has. */
export function statusRoutes({ clock, store, fleet }: ServiceContext): FastifyPluginAsyncJsonSchemaToTs {
  return async app => {
    app.decorateRequest('receivedAt')
    app.addHook('onRequest', (request, _reply, done) => {
      request.receivedAt = clock.now()
      done()
    })
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
            200: objectOf({
              receivedAtMs: number,
              sentAtMs: number,
              errorMs: nullableNumber,
              status: text,
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
            200: healthSchema,
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
          response: { 200: objectOf({ status: text }), ...problems(503) },
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
