import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionError, FastifyReply, FastifyRequest } from 'fastify'
import { HttpError, problemType, receivedFields } from 'skewproof/http'
import { answerFor, sendAnswer } from './errors.ts'

/** The value of `X-Server-Time`, now. */
export type ServerTime = () => string

/** What is no request, or none that a route could be found for, gets a problem with a code and the time like all others. */
export interface MalformedHandlers {
  clientErrorHandler(error: ConnectionError, socket: Socket): void
  frameworkErrors(error: Error, request: FastifyRequest, reply: FastifyReply): void
  checkExpectation(request: IncomingMessage, response: ServerResponse): void
}

export function malformedHandlers(serverTime: ServerTime): MalformedHandlers {
  return {
    clientErrorHandler(error, socket) {
      if (socket.writable && error.code !== 'ECONNRESET')
        socket.write(rawAnswer(clientError(error.code), serverTime()))
      socket.destroy()
    },
    frameworkErrors(error, _request, reply) {
      sendAnswer(reply.header('x-server-time', serverTime()), answerFor(error))
    },
    checkExpectation(_request, response) {
      const { problem } = new HttpError(417, 'ERR_REQUEST', 'only "100-continue" may be expected')
      response.statusCode = problem.status
      response.setHeader('content-type', problemType)
      response.setHeader('x-server-time', serverTime())
      response.end(JSON.stringify(problem))
    },
  }
}

/** RFC 9112, 3.2: a request of HTTP/1.1 names its host. */
export function problemWithHost(request: IncomingMessage): HttpError | undefined {
  const isWithoutHost = request.httpVersion === '1.1' && receivedFields(request).values('host').length === 0
  return isWithoutHost ? new HttpError(400, 'ERR_REQUEST', 'the request has no Host header') : undefined
}

function clientError(code: string): HttpError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HttpError(408, 'ERR_TIMEOUT', 'the request did not arrive in time')
    case 'HPE_HEADER_OVERFLOW':
      return new HttpError(431, 'ERR_TOO_LARGE', 'the header fields are too large')
    default:
      return new HttpError(400, 'ERR_REQUEST', 'that is not an HTTP request')
  }
}

function rawAnswer(error: HttpError, time: string): string {
  const { problem } = error
  const body = JSON.stringify(problem)
  return [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'connection: close',
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-server-time: ${time}`,
    '',
    body,
  ].join('\r\n')
}
