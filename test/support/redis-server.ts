import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createClient } from '@redis/client'
import { systemFile } from '../../scripts/lib/system-packages.mjs'
import { eventually, freePort } from './daemons.ts'

export interface RedisServerOptions {
  /** As on its command line: `['--appendonly', 'yes']`. */
  readonly args?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly port?: number
}

/** A Redis of the test's own, in a directory of its own, which keeps nothing unless it is told to. */
export class RedisServer {
  readonly port: number
  readonly directory: string
  readonly #options: RedisServerOptions
  #process: ChildProcess | undefined

  private constructor(port: number, directory: string, options: RedisServerOptions) {
    this.port = port
    this.directory = directory
    this.#options = options
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const directory = mkdtempSync(join(tmpdir(), 'skewproof-redis-'))
    const server = new RedisServer(options.port ?? (await freePort()), directory, options)
    await server.start()
    return server
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
    const fixed = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.directory, '--save', '']
    const child = spawn(systemFile('redis-server'), [...fixed, ...(this.#options.args ?? [])], {
      env: { ...process.env, ...this.#options.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child.stdout.resume()
    this.#process = child
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`)
      await this.command('PING')
    })
  }

  /** One command, as an administrator would give it. */
  async command(...command: readonly string[]): Promise<unknown> {
    const client = createClient({
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
    await this.kill()
    rmSync(this.directory, { recursive: true, force: true })
  }
}
