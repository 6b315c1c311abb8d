import type { RedisStoreOptions } from 'skewproof/redis'
import type { Setting } from './configuration.ts'
import { type RedisAccessSettings, readRedisAccess, redisAccessSettings } from './redis-access.ts'

/** Where a Redis is that machines share. */
export interface RedisSettings extends RedisAccessSettings {
  /** Its URL. */
  readonly redis?: string
  /** Instead of the URL: `NAME@HOST:PORT,...`. */
  readonly redisSentinel?: string
  /** Instead of the URL: `HOST:PORT,...`. */
  readonly redisCluster?: string
  readonly redisPrefix: string
}

export const redisSettings: readonly Setting[] = [
  {
    flags: '--redis <url>',
    description: 'a Redis that several machines share: redis[s]://[user@]host[:port]',
  },
  {
    flags: '--redis-sentinel <name@nodes>',
    description:
      'instead of --redis: what Sentinels call the primary, and where they are: NAME@HOST:PORT,...',
  },
  {
    flags: '--redis-cluster <nodes>',
    description: 'instead of --redis: where some of the nodes of a cluster are: HOST:PORT,...',
  },
  ...redisAccessSettings,
  {
    flags: '--redis-prefix <text>',
    description: 'what the names of all keys in the Redis begin with',
    default: 'skewproof',
  },
]

/** @throws UsageError when a file is not as it must be */
export function readRedisOptions(settings: RedisSettings): RedisStoreOptions {
  const { username, password, ca } = readRedisAccess(settings)
  return {
    url: settings.redis,
    sentinel: settings.redisSentinel === undefined ? undefined : parseSentinel(settings.redisSentinel),
    cluster: settings.redisCluster === undefined ? undefined : { nodes: settings.redisCluster.split(',') },
    username,
    password,
    tls: ca === undefined ? undefined : { ca },
    keyPrefix: settings.redisPrefix,
  }
}

export function hasRedis({ redis, redisSentinel, redisCluster }: RedisSettings): boolean {
  return (redis ?? redisSentinel ?? redisCluster) !== undefined
}

/** Where it is, without what is secret. */
export function describeRedis({ redis = '', redisSentinel, redisCluster }: RedisSettings): string {
  const nodes = redisSentinel ?? redisCluster
  if (nodes !== undefined) return nodes
  const { protocol, host } = new URL(redis)
  return `${protocol}//${host}`
}

function parseSentinel(text: string): { name: string; nodes: readonly string[] } {
  const at = text.lastIndexOf('@')
  return { name: text.slice(0, Math.max(0, at)), nodes: text.slice(at + 1).split(',') }
}
