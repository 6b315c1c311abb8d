import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { eventually } from '../../../../test/support/processes.ts'
import { RedisServer, type RedisServerOptions } from '../../../../test/support/redis-server.ts'
import { type RedisStore, type RedisStoreOptions, redisStore } from '../../src/stores/redis/index.ts'

/** One for all stores of a test file. */
export const encryptionKey: Buffer = randomBytes(32)

/** A Redis that ends with the test. */
export async function startRedis(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await RedisServer.start(options)
  onTestFinished(() => server.end())
  return server
}

/** A store that is connected, and closed when the test has finished. */
export async function openStore(url: string, options: Partial<RedisStoreOptions> = {}): Promise<RedisStore> {
  const store = redisStore({ url, encryptionKey, commandTimeout: '10s', ...options })
  onTestFinished(() => store.close())
  await eventually(() => store.sync())
  return store
}
