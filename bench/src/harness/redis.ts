import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { type RedisStore, redisStore } from 'skewproof/redis'
import { freePort } from './ports.js'

/** A Redis of our own, which keeps nothing on disk. */
export interface Redis {
  readonly port: number
  readonly url: string
  /** A store in it; every one with the same prefix is the same store. */
  store(prefix?: string): Promise<RedisStore>
  command(...command: readonly string[]): Promise<unknown>
  /** One number out of `INFO`. */
  info(name: string): Promise<number>
  end(): Promise<void>
}

const encryptionKey = Buffer.alloc(32, 1)

/** A store in a Redis, as all processes of a benchmark open it; it is connected. */
export async function openRedisStore(url: string, keyPrefix = 'bench'): Promise<RedisStore> {
  const store = redisStore({ url, keyPrefix, encryptionKey })
  await eventually(() => store.sync())
  return store
}

/** Tries until it works; the last failure counts. */
async function eventually(attempt: () => Promise<void>, withinMs = 30_000): Promise<void> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}

/** @param settings as on its command line */
export async function startRedis(...settings: readonly string[]): Promise<Redis> {
  const directory = mkdtempSync(join(tmpdir(), 'skewproof-bench-redis-'))
  const port = await freePort()
  const args = [
    ...settings,
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    directory,
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  const server = spawn('redis-server', args, { stdio: 'ignore' })
  const url = `redis://127.0.0.1:${port}`
  const client = createClient({ url, socket: { reconnectStrategy: attempt => Math.min(attempt * 20, 200) } })
  client.on('error', () => {})
  await client.connect()
  const command = (...words: readonly string[]) => client.sendCommand<unknown>(words)
  return {
    port,
    url,
    store: prefix => openRedisStore(url, prefix),
    command,
    async info(name) {
      const text = String(await command('INFO', 'everything'))
      return Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)?.[1])
    },
    async end() {
      client.destroy()
      await stop(server)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  server.kill('SIGKILL')
  await once(server, 'exit')
}
