import { Agent, request } from 'node:http'
import type { Span } from 'skewproof/simulator'
import { machineMs } from './instants.ts'

export interface Reply {
  readonly status: number
  readonly server: string | undefined
  readonly boundMs: number | undefined
  // biome-ignore lint/suspicious/noExplicitAny: an answer's body is what the lab's own servers say
  readonly body: any
  /** When the server found it, as it says itself, by the machine's monotonic clock. */
  readonly judged: Span
  /** By the machine's monotonic clock. */
  readonly sentAtMs: number
  readonly receivedAtMs: number
}

const timeoutMs = 8000

/** Sends requests to the load balancer over connections that are kept. */
export class Requests {
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 })

  constructor(url: string) {
    this.#url = url
  }

  get(path: string, token: string): Promise<Reply> {
    return this.#send('GET', path, { authorization: `Bearer ${token}` })
  }

  post(path: string, body: object): Promise<Reply> {
    return this.#send('POST', path, { 'content-type': 'application/json' }, JSON.stringify(body))
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Status 0 stands for no answer at all. */
  #send(method: string, path: string, headers: Record<string, string>, body = ''): Promise<Reply> {
    const sentAtMs = machineMs()
    return new Promise(resolve => {
      const finish = (status: number, answer: Partial<Reply> = {}) => {
        const receivedAtMs = machineMs()
        resolve({
          server: undefined,
          boundMs: undefined,
          body: undefined,
          judged: { fromMs: sentAtMs, toMs: receivedAtMs },
          ...answer,
          status,
          sentAtMs,
          receivedAtMs,
        })
      }
      const sent = request(`${this.#url}${path}`, {
        method,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        agent: this.#agent,
        timeout: timeoutMs,
      })
      sent.on('response', response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () => {
          const bound = Number(response.headers['x-lab-bound-ms'] ?? Number.NaN)
          const judged = /^(\S+) (\S+)$/.exec(String(response.headers['x-lab-judged']))
          finish(response.statusCode ?? 0, {
            server: String(response.headers['x-lab-server'] ?? ''),
            boundMs: Number.isFinite(bound) ? bound : undefined,
            body: parse(text),
            ...(judged && { judged: { fromMs: Number(judged[1]), toMs: Number(judged[2]) } }),
          })
        })
        response.on('error', () => finish(0))
      })
      sent.on('timeout', () => sent.destroy())
      sent.on('error', () => finish(0))
      sent.end(body)
    })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
