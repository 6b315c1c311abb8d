import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TokenStore } from 'skewproof'
import { lmdbStore } from 'skewproof/lmdb'
import { memoryStore } from 'skewproof/memory'
import { startRedis } from './redis.js'

export interface OpenStore {
  readonly name: 'memory' | 'lmdb' | 'redis'
  readonly store: TokenStore
}

/** Runs something with one store of each kind, each empty and on its own. */
export async function withStores<T>(work: (stores: readonly OpenStore[]) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'skewproof-bench-'))
  const redis = await startRedis()
  const stores: readonly OpenStore[] = [
    { name: 'memory', store: memoryStore({ maxTokens: 10_000_000 }) },
    { name: 'lmdb', store: lmdbStore({ path: directory }) },
    { name: 'redis', store: await redis.store() },
  ]
  try {
    return await work(stores)
  } finally {
    for (const { store } of stores) await store.close()
    await redis.end()
    rmSync(directory, { recursive: true, force: true })
  }
}
