import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps, Agent as TlsAgent } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type MeasureContext, SourceError } from '../../clock/source.ts'
import { certificateRefusal } from '../net/certificate.ts'

/** The reply to one request, timed on the host's monotonic clock. */
export interface HttpReply {
  readonly status: number
  /** A header field, by its name in lower case. */
  readonly field: (name: string) => string | undefined
  /** `undefined` when it is longer than any body that is read here. */
  readonly body: string | undefined
  /** Before the first byte of the request left, on a connection that was there already. */
  readonly requestMs: number
  /** After the header of the reply had arrived: a server may set a time in it until then. */
  readonly replyMs: number
}

export interface HttpConnectionOptions {
  /** Certificates in PEM that the server's must rest on, instead of the well-known ones. */
  ca?: string
}

/** The body of `/clock` has some hundred bytes. */
const maxBodyBytes = 16_384
const maxHeaderBytes = 16_384

/** Neither compressed nor from a cache. */
const headers = { accept: 'application/json', 'accept-encoding': 'identity', 'cache-control': 'no-store' }

/** One server, asked by HTTP/1.1 over a connection that is kept while it keeps it. */
export class HttpConnection {
  readonly #url: URL
  readonly #context: MeasureContext
  readonly #agent: Agent

  constructor(url: URL, context: MeasureContext, { ca }: HttpConnectionOptions = {}) {
    this.#url = url
    this.#context = context
    const kept = { keepAlive: true, maxSockets: 1 }
    this.#agent =
      url.protocol === 'https:'
        ? // Not even the environment (NODE_TLS_REJECT_UNAUTHORIZED) switches it off.
          new TlsAgent({ ...kept, rejectUnauthorized: true, ...(ca !== undefined && { ca }) })
        : new Agent(kept)
  }

  /**
   * Redirects are not followed.
   *
   * @throws SourceError, or what the signal was aborted with
   */
  async exchange(method: 'GET' | 'HEAD'): Promise<HttpReply> {
    const { signal } = this.#context
    signal.throwIfAborted()
    const send = this.#url.protocol === 'https:' ? requestHttps : requestHttp
    const request = send(this.#url, {
      agent: this.#agent,
      method,
      headers,
      maxHeaderSize: maxHeaderBytes,
      signal,
    })
    try {
      return await this.#replyTo(request)
    } catch (error) {
      request.destroy()
      if (signal.aborted) throw signal.reason
      throw error instanceof SourceError ? error : this.#asSourceError(request, error)
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  #replyTo(request: ClientRequest): Promise<HttpReply> {
    const { host } = this.#context
    return new Promise((resolve, reject) => {
      let requestMs = Number.NaN
      request.on('error', reject)
      // A time that is set in the answer proper may be later than these.
      request.on('information', () => reject(this.#malformed('sends an interim answer')))
      request.on('upgrade', (_response, socket) => {
        socket.destroy()
        reject(this.#malformed('wants to speak another protocol'))
      })
      request.on('socket', socket => {
        whenConnected(socket, () => {
          requestMs = host.monotonicMs()
          request.end()
        })
      })
      request.on('response', response => {
        const replyMs = host.monotonicMs()
        readBody(response).then(
          body =>
            resolve({
              status: response.statusCode ?? 0,
              field: name => fieldOf(response, name),
              body,
              requestMs,
              replyMs,
            }),
          reject,
        )
      })
    })
  }

  #asSourceError({ socket }: ClientRequest, cause: unknown): SourceError {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it failed'
    const { host } = this.#url
    if (socket instanceof TLSSocket) {
      const refusal = certificateRefusal(socket, host, this.#context.host.wallMs(), cause)
      if (refusal !== undefined) return refusal
    }
    if (code.startsWith('HPE_')) return this.#malformed(`does not answer as HTTP says: ${code}`, cause)
    return new SourceError('unreachable', `${host}: ${code}`, { cause })
  }

  #malformed(problem: string, cause?: unknown): SourceError {
    return new SourceError('malformed', `${this.#url.host} ${problem}`, { cause })
  }
}

/** Calls back once the request can leave at once: what setting up a connection takes says nothing of the time. */
function whenConnected(socket: Socket, send: () => void): void {
  if (socket instanceof TLSSocket) {
    if (socket.authorized) send()
    else socket.once('secureConnect', send)
  } else if (socket.connecting) {
    socket.once('connect', send)
  } else {
    send()
  }
}

function fieldOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

async function readBody(response: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
