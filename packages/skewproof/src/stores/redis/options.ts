import type { HostClock } from '../../clock/host.ts'
import { systemHostClock } from '../../clock/system.ts'
import { type Duration, OptionError, parseDurationMs } from '../../time/index.ts'
import { requireCount, requireText } from '../../tokens/options.ts'
import { type ClusterNodes, type NodeRedisClient, readClient } from './client-option.ts'
import { Seal } from './seal.ts'
import type { ServerAddress } from './server-address.ts'

export interface RedisStoreOptions {
  /** `redis[s]://[[user]:password@]host[:port][/database]`; either this, `sentinel`, `cluster` or `client`. */
  url?: string | undefined
  /** The Sentinels that know where the primary is. */
  sentinel?: SentinelOptions | undefined
  /** Some of the nodes of a cluster, which know the others. */
  cluster?: ClusterOptions | undefined
  /**
   * A client of node-redis, of `createClient` or `createCluster`: the store connects where it would and as it would, by connections
   * of its own. The client itself is neither used nor closed.
   */
  client?: NodeRedisClient | undefined
  /** Instead of the one in the URL. */
  username?: string | undefined
  /** Instead of the one in the URL. */
  password?: string | undefined
  /** TLS, with `rediss:` or to Sentinels, their servers and clusters: whom to trust instead of the system's authorities, and a certificate of our own; PEM. */
  tls?: { ca?: string; cert?: string; key?: string } | undefined
  /** What the names of all keys begin with. Default `skewproof`. */
  keyPrefix?: string | undefined
  /**
   * 32 bytes that Redis does not have: documents, with the private keys that sign in them, are encrypted with it (AES-256-GCM).
   * All processes need the same one. Without it the store takes no documents: `keys: 'store'` needs it.
   */
  encryptionKey?: Uint8Array | undefined
  /**
   * For how long a revocation that was acknowledged elsewhere may stay unseen here; 100 ms to 60 s, default 1 s. A process that
   * has not heard of Redis for longer asks it about each token.
   */
  maxStaleness?: Duration | undefined
  /**
   * How many replicas must have a revocation, so that no failover undoes it: then its `durability` is `replicated`. A process also
   * takes nothing for current that comes from a primary which so many replicas do not follow. Default 0.
   */
  replicas?: number | undefined
  /** How long a command may take before the store counts as unavailable; 50 ms to 60 s, default 2 s. */
  commandTimeout?: Duration | undefined
  /** This machine's raw clocks; for tests. */
  host?: HostClock | undefined
}

export interface SentinelOptions {
  /** What the Sentinels call the primary. */
  name: string
  /** `host:port` of each. */
  nodes: readonly string[]
  /** To log in at the Sentinels themselves. */
  username?: string | undefined
  password?: string | undefined
}

export interface ClusterOptions {
  /** `host:port` of each. */
  nodes: readonly string[]
}

export interface RedisSettings {
  /** Where Sentinels or a cluster know the host and the port, these say nothing. */
  readonly server: ServerAddress
  readonly sentinel: { readonly name: string; readonly nodes: readonly ServerAddress[] } | undefined
  readonly cluster: ClusterNodes | undefined
  /** In how many parts the store lies, each of which belongs to one hash slot. */
  readonly shards: number
  readonly keyPrefix: string
  readonly seal: Seal | undefined
  readonly maxStalenessMs: number
  readonly replicas: number
  readonly commandTimeoutMs: number
  readonly host: HostClock
}

/**
 * As many as there can be primaries that share the work. It never changes: it decides where a token is looked for.
 */
const clusterShards = 16

/** @throws OptionError */
export function parseOptions(options: RedisStoreOptions): RedisSettings {
  return {
    ...parseServers(options),
    replicas: requireCount('replicas', options.replicas ?? 0, 0, 100),
    keyPrefix: parsePrefix(options.keyPrefix ?? 'skewproof'),
    seal: options.encryptionKey === undefined ? undefined : new Seal(options.encryptionKey),
    maxStalenessMs: parseDurationMs('maxStaleness', options.maxStaleness ?? '1s', {
      minMs: 100,
      maxMs: 60_000,
    }),
    commandTimeoutMs: parseDurationMs('commandTimeout', options.commandTimeout ?? '2s', {
      minMs: 50,
      maxMs: 60_000,
    }),
    host: options.host ?? systemHostClock,
  }
}

function parseServers(
  options: RedisStoreOptions,
): Pick<RedisSettings, 'server' | 'sentinel' | 'cluster' | 'shards'> {
  const { url, sentinel, cluster, client, username, password, tls } = options
  if ([url, sentinel, cluster, client].filter(one => one !== undefined).length > 1)
    throw new OptionError('url', 'give one of url, sentinel, cluster and client')
  if (client !== undefined) {
    if ((username ?? password ?? tls) !== undefined)
      throw new OptionError('client', 'who logs in, and by TLS, is an option of the client')
    const servers = readClient(client)
    return { ...servers, sentinel: undefined, shards: servers.cluster === undefined ? 1 : clusterShards }
  }
  const server = { host: '', port: 0, database: 0, username, password, tls }
  if (cluster !== undefined) {
    const nodes = parseNodes('cluster', cluster.nodes)
    const names = nodes.map(({ host, port }) => `${host}:${port}`)
    return {
      server,
      sentinel: undefined,
      cluster: { nodes: names, reach: node => node },
      shards: clusterShards,
    }
  }
  if (sentinel !== undefined) {
    const name = requireText('sentinel.name', sentinel.name)
    const { username: user, password: secret } = sentinel
    const nodes = parseNodes('sentinel', sentinel.nodes)
    return {
      server,
      sentinel: {
        name,
        nodes: nodes.map(node => ({ ...node, database: 0, username: user, password: secret, tls })),
      },
      cluster,
      shards: 1,
    }
  }
  return { server: parseUrl(options), sentinel, cluster, shards: 1 }
}

function parseNodes(
  option: string,
  nodes: readonly string[],
): readonly Pick<ServerAddress, 'host' | 'port'>[] {
  if (!Array.isArray(nodes) || nodes.length === 0)
    throw new OptionError(option, 'name at least one of its nodes, as host:port')
  return nodes.map(node => {
    const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(node)
    const host = match?.[1] ?? match?.[2]
    if (host === undefined) throw new OptionError(option, 'write its nodes as host:port')
    return { host, port: Number(match?.[3]) }
  })
}

/** The URL may hold a password: no message repeats it. */
function parseUrl({ url, username, password, tls }: RedisStoreOptions): ServerAddress {
  const text = requireText('url', url)
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (parsed === undefined || !['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') {
    throw new OptionError('url', 'use redis://host:port or rediss://host:port')
  }
  const isSecure = parsed.protocol === 'rediss:'
  if (tls !== undefined && !isSecure)
    throw new OptionError('tls', 'it goes with a URL that begins with rediss:')
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    database: parseDatabase(parsed.pathname),
    username: username ?? decode(parsed.username),
    password: password ?? decode(parsed.password),
    tls: isSecure ? (tls ?? {}) : undefined,
  }
}

function parseDatabase(path: string): number {
  const match = /^\/?(\d{0,4})$/.exec(path)
  if (match === null)
    throw new OptionError('url', 'its path, where there is one, is the number of a database')
  return Number(match[1])
}

function decode(part: string): string | undefined {
  if (part === '') return undefined
  try {
    return decodeURIComponent(part)
  } catch {
    throw new OptionError('url', 'percent-encode what is special in its user and password')
  }
}

/** Braces would say where in a cluster a key lies, which is ours to say. */
function parsePrefix(prefix: string): string {
  if (!/^[A-Za-z0-9_.:/-]{1,100}$/.test(prefix)) {
    throw new OptionError('keyPrefix', 'use 1 to 100 letters, digits, and any of _ . : / -')
  }
  return prefix
}
