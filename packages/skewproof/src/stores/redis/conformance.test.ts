import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { RedisServer } from '../../../../../test/support/redis-server.ts'
import { systemHostClock } from '../../clock/system.ts'
import { describeTokenStore } from '../../testing/index.ts'
import { type RedisStore, redisStore } from './redis-store.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

/** The user that the documentation gives the least that the store must be allowed. */
const [, acl = ''] =
  /```acl\nuser (.*)\n/.exec(
    readFileSync(new URL('../../../../../docs/redis.md', import.meta.url), 'utf8'),
  ) ?? []

let server: RedisServer
let stores = 0

beforeAll(async () => {
  server = await RedisServer.start()
  await server.command('ACL', 'SETUSER', ...acl.split(' '))
})

afterAll(() => server.end())

describeTokenStore('redis', { describe, it }, () => {
  stores += 1
  const keyPrefix = `skewproof:${stores}`
  const encryptionKey = randomBytes(32)
  const handles: RedisStore[] = []
  let advancedMs = 0
  return {
    open: async () => {
      const store = redisStore({
        url: server.url,
        username: 'skewproof',
        password: 'PASSWORD',
        keyPrefix,
        encryptionKey,
        maxStaleness: '60s',
        commandTimeout: '60s',
      })
      handles.push(store)
      await store.sync()
      return store
    },
    nowMs: () => systemHostClock.monotonicMs() + advancedMs,
    // What the store adds to the clock of Redis, it can add more of.
    advance: async ms => {
      advancedMs += ms
      await server.command('HINCRBY', `${keyPrefix}:{0}:state`, 'offset', String(ms))
    },
    settle: async () => {
      await Promise.all(handles.map(store => store.sync()))
    },
    dispose: async () => {
      for (const store of handles) await store.close()
    },
  }
})
