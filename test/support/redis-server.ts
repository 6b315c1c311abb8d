import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { RedisClient } from '@redis/client'
import { systemFile } from '../../scripts/lib/system-packages.mjs'
import { eventually, freePort } from './daemons.ts'

/** What can be the server of a test. */
const programs = ['redis-server', 'valkey-server'] as const

export type RedisProgram = (typeof programs)[number]

/** The path of the server that tests use which name none. `SKEWPROOF_REDIS` has all of them use another: `valkey-server`. */
export function redisProgram(named?: RedisProgram): string {
  const wanted = named ?? process.env['SKEWPROOF_REDIS'] ?? 'redis-server'
  const program = programs.find(name => name === wanted)
  if (program === undefined)
    throw new Error(`SKEWPROOF_REDIS: ${wanted} is not one of ${programs.join(', ')}`)
  return systemFile(program)
}

export interface RedisServerOptions {
  /** Default: what `SKEWPROOF_REDIS` names, or `redis-server`. */
  readonly program?: RedisProgram
  /** As on its command line: `['--appendonly', 'yes']`. */
  readonly args?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly port?: number
  /** Where it keeps its files, which exists. Default: a new one. */
  readonly directory?: string
  /** What to put before the program. */
  readonly launcher?: readonly string[]
}

/** A Redis of the test's own, in a directory of its own, which keeps nothing unless it is told to. */
export class RedisServer {
  readonly port: number
  readonly directory: string
  readonly #options: RedisServerOptions
  #process: ChildProcess | undefined
  #isEnded = false

  private constructor(port: number, directory: string, options: RedisServerOptions) {
    this.port = port
    this.directory = directory
    this.#options = options
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = await RedisServer.prepare(options)
    await server.start()
    return server
  }

  /** One that is yet to be started, so that its end can be seen to before. */
  static async prepare(options: RedisServerOptions = {}): Promise<RedisServer> {
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'skewproof-redis-'))
    return new RedisServer(options.port ?? (await freePort()), directory, options)
  }

  /** One that runs already, and is somebody else's to end. */
  static at(port: number): RedisServer {
    return new RedisServer(port, '', {})
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it again after its end, with what it finds in its directory. */
  async start(): Promise<void> {
    if (this.#isEnded) throw new Error('this redis-server was ended for good')
    const fixed = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.directory, '--save', '']
    const { launcher = [], program, env = {}, args = [] } = this.#options
    // Its memory allocator waits for instants of the wall clock: where that is shifted back, it would not wait at all.
    const shimmed = 'CLOCK_SHIM' in env ? ['--jemalloc-bg-thread', 'no'] : []
    const [command = '', ...all] = [...launcher, redisProgram(program), ...fixed, ...shimmed, ...args]
    const child = spawn(command, all, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      said = (said + text).slice(-2000)
    })
    this.#process = child
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}: ${said}`)
      await this.command('PING')
    })
  }

  /** One command, as an administrator would give it. */
  async command(...command: readonly string[]): Promise<unknown> {
    // `createClient` would make a class of all commands for each server.
    const client = new RedisClient({
      url: this.url,
      socket: { reconnectStrategy: false },
      disableClientInfo: true,
    })
    client.on('error', () => {})
    await client.connect()
    try {
      return await client.sendCommand<unknown>(command)
    } finally {
      client.destroy()
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal)
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async end(): Promise<void> {
    this.#isEnded = true
    await this.kill()
    rmSync(this.directory, { recursive: true, force: true })
  }
}
