import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, vi } from 'vitest'
import { ManualHostClock } from '../../clock/manual.ts'
import { describeTokenStore } from '../../testing/index.ts'
import type { TokenStore } from '../../tokens/store.ts'
import { lmdbStore } from './lmdb-store.ts'

// Waits for the disk, which others may be using.
vi.setConfig({ testTimeout: 60_000 })

describeTokenStore('lmdb', { describe, it }, async () => {
  const path = await mkdtemp(join(tmpdir(), 'skewproof-'))
  const host = new ManualHostClock(1_700_000_000_000)
  const handles: TokenStore[] = []
  return {
    open: () => {
      const store = lmdbStore({ path, host })
      handles.push(store)
      return store
    },
    nowMs: () => host.uptimeMs(),
    advance: ms => host.advance(ms),
    dispose: async () => {
      for (const store of handles) await store.close()
      await rm(path, { recursive: true })
    },
  }
})
