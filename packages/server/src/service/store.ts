import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TokenStore } from 'skewproof'
import { lmdbStore } from 'skewproof/lmdb'
import type { WithFleet } from 'skewproof/stores'
import { describeRedis, hasRedis, type RedisSettings, readRedisOptions } from '../redis-settings.ts'
import { readSecretFile } from '../secret-file.ts'
import { UsageError } from '../usage-error.ts'

/** Where the service keeps its state. */
export interface StoreSettings extends RedisSettings {
  readonly dataDir: string
  readonly redisReplicas: number
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
export async function openStore(settings: StoreSettings): Promise<TokenStore & WithFleet> {
  const { dataDir } = settings
  makeDirectory(dataDir)
  if (!hasRedis(settings)) return lmdbStore({ path: join(dataDir, 'store') })
  // Only where it is used: the driver takes more memory than the embedded store.
  const { redisStore } = await import('skewproof/redis')
  return redisStore({
    ...readRedisOptions(settings),
    encryptionKey: readOrMakeKey(storeKeyPath(settings)),
    maxStaleness: settings.maxStaleness,
    replicas: settings.redisReplicas,
  })
}

/** Where the state is, without what is secret. */
export function describeStore(settings: StoreSettings): string {
  return hasRedis(settings) ? describeRedis(settings) : settings.dataDir
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
