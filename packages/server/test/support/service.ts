import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fakedClock } from '../../../../test/support/faked-clock.ts'
import {
  bin,
  eventually,
  type Finished,
  freePort,
  runNode,
  startNode,
  temporaryDirectory,
} from './processes.ts'

export interface ServiceOptions {
  directory?: string
  port?: number
  args?: readonly string[]
  /** How far its wall clock is off. */
  offsetSeconds?: number
  env?: NodeJS.ProcessEnv
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: an answer's body is whatever the test expects it to be
  readonly body: any
}

export type RequestBody = { json: unknown } | { form: Record<string, string> }

/** A running `skewproof serve`, as somebody would use it from outside. */
export class Service {
  readonly url: string
  readonly directory: string
  readonly child: ChildProcess
  readonly #output: string[]

  constructor(url: string, directory: string, child: ChildProcess) {
    this.url = url
    this.directory = directory
    this.child = child
    this.#output = []
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', chunk => this.#output.push(String(chunk)))
  }

  /** All that it has printed. */
  get output(): string {
    return this.#output.join('')
  }

  get credentials(): { client_id: string; client_secret: string } {
    return JSON.parse(readFileSync(join(this.directory, '.skewproof/credentials.json'), 'utf8'))
  }

  get basic(): string {
    const { client_id: id, client_secret: secret } = this.credentials
    return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  }

  async request(method: string, path: string, authorization?: string, body?: RequestBody): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(body !== undefined && 'json' in body && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && {
        body: 'json' in body ? JSON.stringify(body.json) : new URLSearchParams(body.form),
      }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }

  issue(json: object): Promise<Answer> {
    return this.request('POST', '/v1/tokens', this.basic, { json })
  }

  revoke(json: object): Promise<Answer> {
    return this.request('POST', '/v1/revocations', this.basic, { json })
  }

  introspect(token: string): Promise<Answer> {
    return this.request('POST', '/oauth2/introspect', this.basic, { form: { token } })
  }

  forwardAuth(token: string): Promise<Answer> {
    return this.request('GET', '/forward-auth', `Bearer ${token}`)
  }

  /** The command line, told where this service is. */
  command(...args: readonly string[]): Promise<Finished> {
    return runCommand([...args, '--url', this.url], { cwd: this.directory })
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill(signal)
      await once(this.child, 'exit')
    }
    return this.child.exitCode
  }
}

/** A machine that does much else takes its time. */
const startWithinMs = 90_000

/** Starts the service and waits until it is ready. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const directory = options.directory ?? temporaryDirectory()
  const port = options.port ?? (await freePort())
  const child = startNode([bin, 'serve', '--port', String(port), ...(options.args ?? [])], {
    cwd: directory,
    env: { ...fakedClock(options.offsetSeconds ?? 0), ...options.env },
  })
  const service = new Service(`http://127.0.0.1:${port}`, directory, child)
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`the service ended: ${service.output}`)
    const { status } = await service.request('GET', '/ready')
    if (status !== 200) throw new Error(`not ready: ${status}`)
  }, startWithinMs)
  return service
}

export function runCommand(
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv; input?: string },
): Promise<Finished> {
  return runNode([bin, ...args], options)
}
