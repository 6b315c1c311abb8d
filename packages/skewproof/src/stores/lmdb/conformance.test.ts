import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, vi } from 'vitest'
import { ManualHostClock } from '../../clock/manual.ts'
import { describeFleetStore, describeTokenStore } from '../../testing/index.ts'
import { lmdbStore } from './lmdb-store.ts'

// Waits for the disk, which others may be using.
vi.setConfig({ testTimeout: 60_000 })

describeTokenStore('lmdb', { describe, it }, async () => {
  const { host, open, dispose } = await createStores()
  return { open, nowMs: () => host.uptimeMs(), advance: ms => host.advance(ms), dispose }
})

describeFleetStore('lmdb', { describe, it }, async () => {
  const { host, open, dispose } = await createStores()
  return { open: () => open().fleet, advance: ms => host.advance(ms), dispose }
})

async function createStores() {
  const path = await mkdtemp(join(tmpdir(), 'skewproof-'))
  const host = new ManualHostClock(1_700_000_000_000)
  const handles: ReturnType<typeof lmdbStore>[] = []
  return {
    host,
    open: () => {
      const store = lmdbStore({ path, host })
      handles.push(store)
      return store
    },
    dispose: async () => {
      for (const store of handles) await store.close()
      await rm(path, { recursive: true })
    },
  }
}
