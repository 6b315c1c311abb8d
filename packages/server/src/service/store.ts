import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TokenStore } from 'skewproof'
import { lmdbStore } from 'skewproof/lmdb'
import { redisStore } from 'skewproof/redis'
import type { WithFleet } from 'skewproof/stores'
import { type RedisAccessSettings, readRedisAccess } from '../redis-access.ts'
import { readSecretFile } from '../secret-file.ts'
import { UsageError } from '../usage-error.ts'

/** Where the service keeps its state. */
export interface StoreSettings extends RedisAccessSettings {
  readonly dataDir: string
  /** The URL of a Redis; without one the store is embedded. */
  readonly redis?: string
  /** Instead of the URL: `NAME@HOST:PORT,...`. */
  readonly redisSentinel?: string
  /** Instead of the URL: `HOST:PORT,...`. */
  readonly redisCluster?: string
  readonly redisReplicas: number
  readonly redisPrefix: string
  readonly storeKeyFile?: string
  readonly maxStaleness: string
}

const keyLength = 32

/**
 * Opens the store. One in Redis is encrypted with a key in a file of this machine's; where there is none, one is made.
 *
 * @throws UsageError when a file or the directory is not as it must be
 * @throws OptionError
 */
export function openStore(settings: StoreSettings): TokenStore & WithFleet {
  const { dataDir, redis, redisSentinel, redisCluster } = settings
  makeDirectory(dataDir)
  if ((redis ?? redisSentinel ?? redisCluster) === undefined)
    return lmdbStore({ path: join(dataDir, 'store') })
  const { username, password, ca } = readRedisAccess(settings)
  return redisStore({
    url: redis,
    sentinel: redisSentinel === undefined ? undefined : parseSentinel(redisSentinel),
    cluster: redisCluster === undefined ? undefined : { nodes: redisCluster.split(',') },
    username,
    password,
    tls: ca === undefined ? undefined : { ca },
    keyPrefix: settings.redisPrefix,
    encryptionKey: readOrMakeKey(storeKeyPath(settings)),
    maxStaleness: settings.maxStaleness,
    replicas: settings.redisReplicas,
  })
}

/** Where the state is, without what is secret. */
export function describeStore({ redis, redisSentinel, redisCluster, dataDir }: StoreSettings): string {
  const nodes = redisSentinel ?? redisCluster
  if (nodes !== undefined) return nodes
  if (redis === undefined) return dataDir
  const { protocol, host } = new URL(redis)
  return `${protocol}//${host}`
}

function parseSentinel(text: string): { name: string; nodes: readonly string[] } {
  const at = text.lastIndexOf('@')
  return { name: text.slice(0, Math.max(0, at)), nodes: text.slice(at + 1).split(',') }
}

export function storeKeyPath({ storeKeyFile, dataDir }: StoreSettings): string {
  return storeKeyFile ?? join(dataDir, 'store.key')
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    chmodSync(path, 0o700)
  } catch {
    throw new UsageError(`the data directory ${path} cannot be written; give another with --data-dir`)
  }
}

function readOrMakeKey(path: string): Buffer {
  try {
    // Of several that start at once one makes it.
    writeFileSync(path, randomBytes(keyLength), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw new UsageError(
        `the store's key cannot be written to ${path}; give another file with --store-key-file`,
      )
    }
  }
  const key = readSecretFile('--store-key-file', path)
  if (key.length !== keyLength) throw new UsageError(`${path} does not hold ${keyLength} bytes`)
  return key
}
