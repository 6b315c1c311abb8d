import { createServer, type RequestListener, type Server } from 'node:http'
import { RequestQueue } from './request-queue.ts'

export interface HttpServerOptions {
  /** A request that is not complete by then is answered 408, and its connection closed. */
  readonly requestTimeoutMs: number
  /** Answers requests that expect something other than "100-continue". */
  readonly checkExpectation: RequestListener
}

/** Node's server with the service's limits, and a queue for what comes faster than it is answered. */
export function createHttpServer(
  handle: RequestListener,
  { requestTimeoutMs, checkExpectation }: HttpServerOptions,
): Server {
  const queue = new RequestQueue()
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      keepAliveTimeout: 72_000,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: 16_384,
      // Checked later, where it gets an answer like all others.
      requireHostHeader: false,
    },
    (request, response) => queue.admit(() => handle(request, response)),
  )
  return server.on('checkExpectation', checkExpectation)
}
