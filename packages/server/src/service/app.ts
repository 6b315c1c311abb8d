import rateLimit from '@fastify/rate-limit'
import type { JsonSchemaToTsProvider } from '@fastify/type-provider-json-schema-to-ts'
import fastify, { type FastifyInstance, type FastifyRequest, LogController } from 'fastify'
import { HttpError, serverTimeValue } from 'skewproof/http'
import type { ServiceContext } from './context.ts'
import { answerFor, sendAnswer } from './errors.ts'
import { createHttpServer } from './http-server.ts'
import { malformedHandlers, problemWithHost } from './malformed.ts'
import { documentRoutes } from './openapi.ts'
import { administrationRoutes } from './routes/administration.ts'
import { discoveryRoutes } from './routes/discovery.ts'
import { explanationRoutes } from './routes/explanations.ts'
import { fleetRoutes } from './routes/fleet.ts'
import { forwardAuthRoutes } from './routes/forward-auth.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { oauthRoutes } from './routes/oauth.ts'
import { pageRoutes } from './routes/page.ts'
import { sessionRoutes } from './routes/session.ts'
import { statusRoutes } from './routes/status.ts'
import { statusListRoutes } from './routes/status-lists.ts'
import { buildSerializer } from './serialization.ts'
import { buildValidator } from './validation.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Between the order to stop and the end. */
    isDraining(): boolean
    startDraining(): void
  }
}

export interface AppOptions {
  logLevel: string
  /** A request that is not complete by then is answered 408, and its connection closed. */
  requestTimeoutMs: number
  /** Adds what makes a span of each request. */
  traceRequests: ((app: FastifyInstance) => void) | undefined
}

/** The service's HTTP side, not yet listening. */
export async function buildApp(
  context: ServiceContext,
  { logLevel, requestTimeoutMs, traceRequests }: AppOptions,
): Promise<FastifyInstance> {
  const serverTime = () => serverTimeValue(context.clock)
  const { clientErrorHandler, frameworkErrors, checkExpectation } = malformedHandlers(serverTime)
  const app = fastify({
    logger: { level: logLevel, serializers: { req: describeRequest } },
    logController: new LogController({ disableRequestLogging: true }),
    // A logger for each request would cost it more than its answer; what is logged of one names it.
    childLoggerFactory: logger => logger,
    bodyLimit: 65_536,
    serverFactory: handle => createHttpServer(handle, { requestTimeoutMs, checkExpectation }),
    clientErrorHandler,
    frameworkErrors,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 128 },
  }).withTypeProvider<JsonSchemaToTsProvider>()
  app.setValidatorCompiler(buildValidator())
  app.setSerializerCompiler(buildSerializer())
  app.removeContentTypeParser('text/plain')

  let draining = false
  app.decorate('isDraining', () => draining)
  app.decorate('startDraining', () => {
    draining = true
    context.fleet.startDraining()
  })
  traceRequests?.(app)
  // With callbacks: promises here would cost each request more than what they wait for.
  app.addHook('onRequest', (request, _reply, done) => done(problemWithHost(request.raw)))
  app.addHook('onSend', (_request, reply, _payload, done) => {
    reply.header('x-server-time', serverTime())
    if (draining) reply.header('connection', 'close')
    done()
  })
  app.setErrorHandler((error, request, reply) => {
    const answer = answerFor(error)
    if (answer.problem.status >= 500) request.log.error({ req: request, err: error }, 'request failed')
    return sendAnswer(reply, answer)
  })
  app.setNotFoundHandler((_request, reply) =>
    sendAnswer(reply, new HttpError(404, 'ERR_NOT_FOUND', 'there is no such endpoint')),
  )

  documentRoutes(app, context.issuer)
  await app.register(statusRoutes(context))
  await app.register(metricsRoutes(context))
  await app.register(discoveryRoutes(context))
  await app.register(statusListRoutes(context))
  await app.register(forwardAuthRoutes(context))
  await app.register(sessionRoutes(context))
  await app.register(pageRoutes())
  await app.register(async limited => {
    if (context.rateLimit > 0) {
      await limited.register(rateLimit, { max: context.rateLimit, timeWindow: 60_000, cache: 10_000 })
    }
    await limited.register(fleetRoutes(context))
    await limited.register(administrationRoutes(context))
    await limited.register(explanationRoutes(context))
    await limited.register(oauthRoutes(context))
  })
  await app.ready()
  return app
}

/** What of a request may go to the log: no header, no query, since both may hold tokens. */
function describeRequest(request: FastifyRequest): Record<string, unknown> {
  return { method: request.method, path: request.url.split('?')[0], remoteAddress: request.ip }
}
