import { createClient, createCluster, createSentinel } from '@redis/client'
import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../../../../test/support/processes.ts'
import { startRedisClusterForTest } from '../../../../../test/support/redis-cluster.ts'
import { startRedis } from '../../../test/redis/open.ts'
import { sampleToken } from '../../testing/token-store/samples.ts'
import { type RedisStoreOptions, redisStore } from './index.ts'
import { parseOptions } from './options.ts'

vi.setConfig({ testTimeout: 120_000 })

async function useStore(options: RedisStoreOptions): Promise<void> {
  const store = redisStore(options)
  onTestFinished(() => store.close())
  await eventually(() => store.sync())
  const token = sampleToken()
  await store.addToken(token)
  expect((await store.findToken(token.jti))?.jti).toBe(token.jti)
}

it('connects as a client does, and leaves the client alone', async () => {
  const server = await startRedis()
  await server.command('CONFIG', 'SET', 'requirepass', 'sesame')
  const client = createClient({
    socket: { host: '127.0.0.1', port: server.port },
    credentialsProvider: {
      type: 'async-credentials-provider',
      credentials: async () => ({ password: 'sesame' }),
    },
    database: 3,
    keyPrefix: 'theirs:',
  })
  await useStore({ client })
  expect(client.isOpen).toBe(false)
  await client.connect()
  onTestFinished(() => client.destroy())
  await useStore({ client })
  // Names of its own, in the client's database.
  expect(await client.sendCommand(['EXISTS', 'skewproof:{0}:state'])).toBe(1)
  await client.ping()
})

it('connects as a cluster does, by the addresses that it maps', async () => {
  const cluster = await startRedisClusterForTest({ primaries: 3, replicasOfEach: 0 })
  const mapped: string[] = []
  const client = createCluster({
    rootNodes: [{ url: `redis://127.0.0.1:${cluster.servers[0]?.port}` }],
    nodeAddressMap: address => {
      mapped.push(address)
      return { host: 'localhost', port: Number(address.split(':')[1]) }
    },
    defaults: { socket: { family: 4 } },
  })
  await useStore({ client })
  expect(mapped.length).toBeGreaterThan(0)
})

it('reads URLs, as they are when a client has them', () => {
  const url = 'redis://user:p%40ss@[::1]:7000/2'
  expect(parseOptions({ client: createClient({ url }) }).server).toMatchObject({
    host: '::1',
    port: 7000,
    database: 2,
    inherited: { username: 'user', password: 'p@ss' },
  })
  const { cluster, server } = parseOptions({
    client: createCluster({ rootNodes: [{ url }, { socket: { port: 7001 } }], defaults: { username: 'x' } }),
  })
  expect(cluster?.nodes).toEqual(['::1:7000', 'localhost:7001'])
  expect(server.inherited).toEqual({ username: 'x' })
})

it('takes nothing else for a client', () => {
  const sentinel = createSentinel({ name: 'main', sentinelRootNodes: [{ host: 'localhost', port: 1 }] })
  for (const client of [sentinel, { call: () => {}, options: {} }, {}, 'redis://host', null]) {
    const options = { client } as unknown as RedisStoreOptions
    expect(() => redisStore(options)).toThrow(expect.objectContaining({ option: 'client' }))
  }
  const client = createClient()
  expect(() => redisStore({ client, url: 'redis://host' })).toThrow(
    expect.objectContaining({ option: 'url' }),
  )
  expect(() => redisStore({ client, password: 'x' })).toThrow(expect.objectContaining({ option: 'client' }))
})
