import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, createCluster } from '@redis/client'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { CertificateAuthority } from '../../../../../test/support/certificates.ts'
import { freePort } from '../../../../../test/support/processes.ts'
import { type RedisCluster, startRedisCluster } from '../../../../../test/support/redis-cluster.ts'
import { RedisServer } from '../../../../../test/support/redis-server.ts'
import { aclOf } from '../../../test/redis/acl.ts'
import { systemHostClock } from '../../clock/system.ts'
import { describeTokenStore, type StoreFixture } from '../../testing/index.ts'
import type { RedisStoreOptions } from './options.ts'
import { type RedisStore, redisStore } from './redis-store.ts'
import { shardTags } from './slots.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 })

let server: RedisServer
let valkey: RedisServer
let cluster: RedisCluster
let tlsPorts: readonly number[]
let authority: CertificateAuthority
const directories: string[] = []
let client: ReturnType<typeof createClient>
let valkeyClient: ReturnType<typeof createClient>
let clusterClient: ReturnType<typeof createCluster>
let stores = 0

beforeAll(async () => {
  server = await RedisServer.start()
  valkey = await RedisServer.start({ program: 'valkey-server' })
  authority = await CertificateAuthority.create(() => {
    directories.push(mkdtempSync(join(tmpdir(), 'skewproof-')))
    return directories.at(-1) ?? ''
  })
  cluster = await startTlsCluster()
  for (const one of [server, valkey, ...cluster.servers])
    await one.command('ACL', 'SETUSER', ...aclOf('redis.md'))
  const rootNodes = cluster.servers.map(({ port }) => ({ socket: { host: '127.0.0.1', port } }))
  client = createClient({ url: server.url })
  valkeyClient = createClient({ url: valkey.url })
  clusterClient = createCluster({ rootNodes })
  await Promise.all([client.connect(), valkeyClient.connect(), clusterClient.connect()])
})

afterAll(async () => {
  client.destroy()
  valkeyClient.destroy()
  clusterClient.destroy()
  await server.end()
  await valkey.end()
  await cluster.end()
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

/** Six nodes that also speak TLS, and tell those who do where the others do. */
async function startTlsCluster(): Promise<RedisCluster> {
  const { key, certificate } = await authority.issue()
  const files = ['--tls-key-file', key, '--tls-cert-file', certificate, '--tls-ca-cert-file', authority.path]
  const ports: number[] = []
  tlsPorts = ports
  const args = async () => {
    ports.push(await freePort())
    const port = ['--tls-port', String(ports.at(-1)), '--tls-cluster', 'yes', '--tls-replication', 'yes']
    return [...port, '--tls-auth-clients', 'optional', ...files]
  }
  return startRedisCluster({ primaries: 3, replicasOfEach: 1, args })
}

/** How to reach a Redis, and how to say something there about a key. */
interface Place {
  readonly options: RedisStoreOptions
  readonly shards: number
  command(key: string, ...command: readonly string[]): Promise<unknown>
}

function createFixture({ options, shards, command }: Place): StoreFixture {
  stores += 1
  const keyPrefix = `skewproof:${stores}`
  const encryptionKey = randomBytes(32)
  const handles: RedisStore[] = []
  let advancedMs = 0
  return {
    open: async () => {
      const store = redisStore({
        ...options,
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
      const states = shardTags(shards).map(tag => `${keyPrefix}:{${tag}}:state`)
      await Promise.all(states.map(state => command(state, 'HINCRBY', state, 'offset', String(ms))))
    },
    settle: async () => {
      await Promise.all(handles.map(store => store.sync()))
    },
    dispose: async () => {
      for (const store of handles) await store.close()
    },
  }
}

describeTokenStore('redis', { describe, it }, () =>
  createFixture({
    options: { url: server.url },
    shards: 1,
    command: (_, ...command) => client.sendCommand([...command]),
  }),
)

describeTokenStore('redis that is Valkey', { describe, it }, () =>
  createFixture({
    options: { url: valkey.url },
    shards: 1,
    command: (_, ...command) => valkeyClient.sendCommand([...command]),
  }),
)

describeTokenStore('redis on a cluster, by TLS', { describe, it }, () =>
  createFixture({
    options: {
      cluster: { nodes: tlsPorts.map(port => `127.0.0.1:${port}`) },
      tls: { ca: authority.pem },
    },
    shards: 16,
    command: (key, ...command) => clusterClient.sendCommand(key, false, [...command]),
  }),
)
