import { setTimeout as sleep } from 'node:timers/promises'
import { it, onTestFinished, vi } from 'vitest'
import { FaultyProxy } from '../../../test/support/faulty-proxy.ts'
import { RedisServer } from '../../../test/support/redis-server.ts'
import { startFleet } from './support/fleet.ts'
import { Load, suffer } from './support/load.ts'

vi.setConfig({ testTimeout: 300_000 })

const maxStalenessMs = 1000

const faults: readonly [string, (redis: RedisServer, proxy: FaultyProxy, load: Load) => Promise<void>][] = [
  [
    'Redis is killed, and comes back with its AOF',
    async (redis, _, load) => {
      await redis.kill()
      await load.untilUnavailable()
      await redis.start()
    },
  ],
  [
    'Redis is frozen',
    async (redis, _, load) => {
      redis.signal('SIGSTOP')
      await Promise.all([load.untilUnavailable(), sleep(10_000)])
      redis.signal('SIGCONT')
    },
  ],
  [
    'all connections are killed, again and again',
    async (redis, _, load) => {
      for (let round = 0; round < 10; round += 1) {
        for (const kind of ['normal', 'pubsub']) await redis.command('CLIENT', 'KILL', 'TYPE', kind)
        await load.untilRevoked(2)
      }
    },
  ],
  [
    'connections fall silent',
    async (_, proxy, load) => {
      proxy.set({ kind: 'silence' })
      await load.untilUnavailable()
      proxy.set({ kind: 'none' })
    },
  ],
  [
    'answers are cut in the middle, and connections reset',
    async (_, proxy, load) => {
      proxy.set({ kind: 'truncate', bytes: 7 })
      await load.untilUnavailable()
      proxy.set({ kind: 'none' })
      for (let round = 0; round < 5; round += 1) {
        proxy.reset()
        await load.untilRevoked(1)
      }
    },
  ],
  [
    'connections are made again in another order than they were cut in',
    async (_, proxy, load) => {
      proxy.set({ kind: 'reorder' })
      for (let round = 0; round < 5; round += 1) {
        proxy.reset()
        await load.untilRevoked(1)
      }
      proxy.set({ kind: 'none' })
    },
  ],
  [
    'everything is late',
    async (_, proxy, load) => {
      proxy.set({ kind: 'delay', ms: 300 })
      await load.untilRevoked(3)
      proxy.set({ kind: 'none' })
    },
  ],
  [
    'Redis is full',
    async (redis, _, load) => {
      await redis.command('CONFIG', 'SET', 'maxmemory', '1')
      await load.untilUnavailable('issue')
      await load.untilRevoked(3)
      await redis.command('CONFIG', 'SET', 'maxmemory', '0')
    },
  ],
  [
    'the scripts are forgotten',
    async (redis, _, load) => {
      for (let round = 0; round < 10; round += 1) {
        await redis.command('SCRIPT', 'FLUSH')
        await load.untilRevoked(1)
      }
    },
  ],
]

it('under load, five services accept nothing that was revoked for longer than the bound, refuse nothing good, and go on', async () => {
  // It loses nothing that it has acknowledged.
  const redis = await RedisServer.start({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  onTestFinished(() => redis.end())
  const proxy = await FaultyProxy.start(redis.port)
  const services = await startFleet('--redis', `redis://127.0.0.1:${proxy.port}`)
  const load = await Load.start(services, maxStalenessMs)
  onTestFinished(() => load.stop())
  await suffer(
    load,
    faults.map(([name, inflict]) => [name, () => inflict(redis, proxy, load)]),
  )
})
