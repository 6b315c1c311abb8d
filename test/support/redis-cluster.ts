import { onTestFinished } from 'vitest'
import { eventually, freePort } from './processes.ts'
import { RedisServer } from './redis-server.ts'

const slotCount = 16_384

/** Redis servers in cluster mode, on 127.0.0.1. */
export interface RedisCluster {
  readonly servers: readonly RedisServer[]
  /** `host:port` of each. */
  readonly nodes: readonly string[]
  /** The server that has the slot of a key. */
  primaryOf(key: string): Promise<RedisServer>
  /** Moves the slot of a key, with all that is in it, while it is in use. */
  moveSlot(key: string, target: RedisServer): Promise<void>
  /** Every node takes the cluster for whole. */
  settle(): Promise<void>
  end(): Promise<void>
}

export interface RedisClusterOptions {
  readonly primaries: number
  readonly replicasOfEach: number
  /** More arguments of each server. */
  readonly args?: () => Promise<readonly string[]>
}

const settings = [
  ...['--cluster-enabled', 'yes', '--cluster-node-timeout', '3000', '--cluster-require-full-coverage', 'no'],
  ...['--cluster-allow-replica-migration', 'no', '--repl-diskless-sync-delay', '0'],
]

/** Starts one that ends with `end`. */
export async function startRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const { primaries, replicasOfEach, args = async () => [] } = options
  const servers: RedisServer[] = []
  for (let count = 0; count < primaries * (1 + replicasOfEach); count += 1) {
    // The port that is chosen by itself, 10,000 higher, may not exist.
    const bus = ['--cluster-port', String(await freePort())]
    servers.push(await RedisServer.start({ args: [...settings, ...bus, ...(await args())] }))
  }
  const cluster = clusterOf(servers)
  await join(servers, primaries)
  await cluster.settle()
  return cluster
}

/** One that ends with the test. */
export async function startRedisClusterForTest(options: RedisClusterOptions): Promise<RedisCluster> {
  const cluster = await startRedisCluster(options)
  onTestFinished(() => cluster.end())
  return cluster
}

async function join(servers: readonly RedisServer[], primaries: number): Promise<void> {
  const [first] = servers
  for (const server of servers.slice(1)) {
    const bus = String(await first?.command('CONFIG', 'GET', 'cluster-port').then(busPort))
    await server.command('CLUSTER', 'MEET', '127.0.0.1', String(first?.port), bus)
  }
  for (const [number, server] of servers.slice(0, primaries).entries()) {
    const [from, to] = [number, number + 1].map(part => Math.floor((part * slotCount) / primaries))
    await server.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String((to ?? 0) - 1))
  }
  for (const [number, server] of servers.slice(primaries).entries()) {
    const primary = servers[number % primaries]
    const id = String(await primary?.command('CLUSTER', 'MYID'))
    await eventually(() => server.command('CLUSTER', 'REPLICATE', id))
  }
}

function busPort(setting: unknown): unknown {
  return new Map(Object.entries(setting as object)).get('cluster-port')
}

function clusterOf(servers: readonly RedisServer[]): RedisCluster {
  const primaryOf = async (key: string): Promise<RedisServer> => {
    for (const server of servers) {
      const owner = await ownerOf(tagOf(key), server).catch(() => undefined)
      const found = servers.find(({ port }) => port === owner)
      if (found !== undefined) return found
    }
    throw new Error(`nobody has the slot of ${key}`)
  }
  return {
    servers,
    nodes: servers.map(({ port }) => `127.0.0.1:${port}`),
    primaryOf,
    moveSlot: async (key, target) => moveSlot(await primaryOf(key), target, tagOf(key), servers),
    async settle() {
      await eventually(async () => {
        for (const server of servers) {
          const info = String(await server.command('CLUSTER', 'INFO'))
          const known = `cluster_known_nodes:${servers.length}`
          for (const line of ['cluster_state:ok', `cluster_slots_ok:${slotCount}`, known]) {
            if (!info.includes(`${line}\r\n`)) throw new Error(`${server.port}: ${info}`)
          }
          const replication = String(await server.command('INFO', 'replication'))
          if (replication.includes('master_link_status:down'))
            throw new Error(`${server.port} does not follow`)
        }
      }, 60_000)
    },
    async end() {
      await Promise.all(servers.map(server => server.end()))
    },
  }
}

function tagOf(key: string): string {
  return /\{(.*?)\}/.exec(key)?.[1] ?? key
}

/** The port of the server that has the slot of a tag, as this one says. */
async function ownerOf(tag: string, server: RedisServer): Promise<number> {
  try {
    await server.command('GET', `{${tag}}`)
    return server.port
  } catch (error) {
    const port = /^MOVED \d+ .*:(\d+)$/.exec(error instanceof Error ? error.message : '')?.[1]
    if (port === undefined) throw error
    return Number(port)
  }
}

/** As `redis-cli --cluster reshard` does it. */
async function moveSlot(
  source: RedisServer,
  target: RedisServer,
  tag: string,
  servers: readonly RedisServer[],
): Promise<void> {
  if (source === target) return
  const slot = String(await source.command('CLUSTER', 'KEYSLOT', `{${tag}}`))
  const [sourceId, targetId] = [
    await source.command('CLUSTER', 'MYID'),
    await target.command('CLUSTER', 'MYID'),
  ]
  await target.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(sourceId))
  await source.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(targetId))
  for (;;) {
    const keys = (await source.command('CLUSTER', 'GETKEYSINSLOT', slot, '10')) as string[]
    if (keys.length === 0) break
    await source.command('MIGRATE', '127.0.0.1', String(target.port), '', '0', '5000', 'KEYS', ...keys)
  }
  for (const server of [target, source, ...servers]) {
    // Replicas learn it by themselves.
    await server.command('CLUSTER', 'SETSLOT', slot, 'NODE', String(targetId)).catch(() => {})
  }
}
