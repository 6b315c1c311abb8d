import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ManualHostClock } from '../../clock/manual.ts'
import { rotation, sampleFamily, sampleToken } from '../../testing/token-store/samples.ts'
import type { TokenStore } from '../../tokens/store.ts'
import { Layout } from './layout.ts'
import { lmdbStore } from './lmdb-store.ts'

// Waits for the disk, which others may be using.
vi.setConfig({ testTimeout: 60_000 })

const dayMs = 86_400_000

let path = ''
let host: ManualHostClock
let store: TokenStore

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  path = await mkdtemp(join(tmpdir(), 'skewproof-'))
  host = new ManualHostClock(1_700_000_000_000)
  store = lmdbStore({ path, host })
})

afterEach(async () => {
  vi.useRealTimers()
  await store.close()
  await rm(path, { recursive: true })
})

/** How many records there are, dead or alive, besides the change log and the documents. */
async function countRecords(): Promise<number> {
  await store.close()
  const root = open({ path, maxDbs: 16, overlappingSync: false })
  const { tokens, families, subjects, subjectTokens, places, expiries } = new Layout(root)
  const databases = [tokens, families, subjects, subjectTokens, places, expiries]
  const count = databases.reduce((sum, database) => sum + database.getKeysCount(), 0)
  await root.close()
  store = lmdbStore({ path, host })
  return count
}

async function passTime(ms: number): Promise<void> {
  host.advance(ms)
  vi.advanceTimersByTime(1000)
  // Each of these waits for its turn after a step of the collector.
  for (let step = 0; step < 30; step += 1) await store.writeDocument('turn', '', -1)
}

describe('collecting what has died', () => {
  it('leaves nothing of tokens, families and revocations', async () => {
    const families = Array.from({ length: 20 }, () => sampleFamily())
    for (const family of families) await store.addFamily(family)
    const tokens = families.map(({ familyId }, index) =>
      sampleToken({ familyId, subject: `subject ${index}`, status: { list: 'list', index } }),
    )
    await Promise.all(tokens.map(token => store.addToken(token)))
    await store.rotateFamily(rotation(families[0]?.familyId ?? '', 0))
    await store.revokeFamily(families[1]?.familyId ?? '')
    await store.revokeToken(tokens[2]?.jti ?? '')
    await store.revokeSubject('subject 3')
    await store.revokeSubject('nobody')
    expect(await countRecords()).toBeGreaterThan(60)
    await passTime(dayMs)
    expect(await countRecords()).toBe(0)
  })

  it('leaves alone what is alive', async () => {
    const family = sampleFamily({ idleMs: 1000 })
    const token = sampleToken({ lifetimeMs: dayMs })
    await store.addFamily(family)
    await store.addToken(token)
    await passTime(900)
    await store.rotateFamily(rotation(family.familyId, 0))
    await passTime(900)
    expect((await store.findFamily(family.familyId))?.generation).toBe(1)
    expect((await store.findToken(token.jti))?.jti).toBe(token.jti)
  })

  it('keeps the revocation of a family for as long as one of its tokens would live', async () => {
    const family = sampleFamily({ idleMs: 1000 })
    const token = sampleToken({ familyId: family.familyId, lifetimeMs: dayMs, toleranceMs: 0 })
    await store.addFamily(family)
    await store.addToken(token)
    await store.revokeFamily(family.familyId)
    await passTime(dayMs - 1000)
    expect(await store.findToken(token.jti)).toBeUndefined()
    expect(await countRecords()).toBeGreaterThan(0)
    await passTime(2000)
    expect(await countRecords()).toBe(0)
  })

  it('keeps the revocation of a subject for as long as one of its tokens would live', async () => {
    const token = sampleToken({ lifetimeMs: dayMs, toleranceMs: 0 })
    await store.addToken(token)
    await store.revokeSubject(token.subject)
    await store.addToken(sampleToken({ lifetimeMs: 1000 }))
    await passTime(dayMs - 1000)
    expect(await store.findToken(token.jti)).toBeUndefined()
  })

  it('collects many, in several steps, also when another handle does the same', async () => {
    const other = lmdbStore({ path, host })
    await Promise.all(Array.from({ length: 3000 }, () => store.addToken(sampleToken())))
    await passTime(dayMs)
    await other.close()
    expect(await countRecords()).toBe(0)
  })

  it('makes room in a store that is full', async () => {
    const small = lmdbStore({ path, host, maxTokens: 10 })
    for (let count = 0; count < 10; count += 1) await small.addToken(sampleToken())
    await expect(small.addToken(sampleToken())).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    await passTime(dayMs)
    expect(await small.addToken(sampleToken())).toBe(true)
    await small.close()
  })

  it('lets the file grow no further when as much dies as is added', async () => {
    const sizes: number[] = []
    for (let round = 0; round < 12; round += 1) {
      const tokens = Array.from({ length: 1000 }, () => sampleToken({ scope: 'x'.repeat(200) }))
      await Promise.all(tokens.map(token => store.addToken(token)))
      await passTime(dayMs)
      expect(await countRecords()).toBe(0)
      sizes.push((await stat(join(path, 'data.mdb'))).size)
    }
    expect(sizes.at(-1)).toBeLessThanOrEqual(1.5 * (sizes[3] ?? 0))
  })
})
