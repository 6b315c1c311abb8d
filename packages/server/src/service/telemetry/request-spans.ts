import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { version } from '../../version.ts'

interface Traced {
  readonly span: Span
  readonly context: Context
}

/** Asked every few seconds by machines: their spans would bury all others. */
const untraced: ReadonlySet<string | undefined> = new Set(['/health', '/ready', '/metrics', '/v1/events'])

/**
 * A span for each request, which goes on the trace of its caller (W3C Trace Context). It names the route, and not the path or the query: a
 * proxy passes on those of requests that are not ours, and they may hold secrets.
 */
export function traceRequests(app: FastifyInstance): void {
  const tracer = trace.getTracer('skewproof', version)
  const requests = new WeakMap<FastifyRequest, Traced>()

  app.addHook('onRequest', (request, _reply, done) => {
    const { url: route } = request.routeOptions
    if (untraced.has(route)) return done()
    const caller = propagation.extract(context.active(), request.headers)
    const span = tracer.startSpan(
      route === undefined ? request.method : `${request.method} ${route}`,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': request.method,
          'url.scheme': request.protocol,
          ...(route !== undefined && { 'http.route': route }),
        },
      },
      caller,
    )
    const traced = { span, context: trace.setSpan(caller, span) }
    requests.set(request, traced)
    context.with(traced.context, done)
  })

  // A body arrives in the socket's context.
  app.addHook('preValidation', (request, _reply, done) => {
    const traced = requests.get(request)
    if (traced === undefined) done()
    else context.with(traced.context, done)
  })

  app.addHook('onResponse', (request, reply, done) => {
    const span = requests.get(request)?.span
    span?.setAttribute('http.response.status_code', reply.statusCode)
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR })
    span?.end()
    done()
  })
}
