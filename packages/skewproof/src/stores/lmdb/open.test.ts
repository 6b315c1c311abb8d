import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sampleToken } from '../../testing/token-store/samples.ts'
import { lmdbStore } from './lmdb-store.ts'

// Waits for the disk, which others may be using.
vi.setConfig({ testTimeout: 60_000 })

const pageSize = 4096
const lastPageOffset = 144

let path = ''
let dataFile = ''

beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'skewproof-')), 'store')
  dataFile = join(path, 'data.mdb')
})

afterEach(async () => {
  await rm(join(path, '..'), { recursive: true })
})

/** Fills a store, and closes it. */
async function writeStore(): Promise<void> {
  const store = lmdbStore({ path })
  const tokens = Array.from({ length: 300 }, () => sampleToken({ scope: 'x'.repeat(500) }))
  await Promise.all(tokens.map(token => store.addToken(token)))
  await store.writeDocument('large', 'y'.repeat(50_000), 0)
  await store.addToken(sampleToken({ jti: 'the-last' }))
  await store.close()
}

async function damage(change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeStore()
  await writeFile(dataFile, change(await readFile(dataFile)))
}

function expectRefusal(message: RegExp, at: string = path): void {
  expect(() => lmdbStore({ path: at })).toThrow(
    expect.objectContaining({ code: 'ERR_STORE_OPEN', message: expect.stringMatching(message) }),
  )
}

describe('opening the LMDB store', () => {
  it('makes the directory, which nobody else can read', async () => {
    await lmdbStore({ path }).close()
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    for (const name of ['data.mdb', 'lock.mdb'])
      expect((await stat(join(path, name))).mode & 0o777).toBe(0o600)
  })

  it('finds what was there', async () => {
    await writeStore()
    const store = lmdbStore({ path })
    expect((await store.findToken('the-last'))?.jti).toBe('the-last')
    expect((await store.readDocument('large')).value).toBe('y'.repeat(50_000))
    await store.close()
  })

  it('can be done again while writes are under way, and each handle be closed by itself', async () => {
    const first = lmdbStore({ path })
    for (let round = 0; round < 10; round += 1) {
      const additions = Array.from({ length: 20 }, () => first.addToken(sampleToken()))
      await Promise.race([additions[0], Promise.resolve(round % 2)])
      const second = lmdbStore({ path: join(path, '.') })
      const token = sampleToken()
      await second.addToken(token)
      const addition = first.addToken(sampleToken())
      await second.close()
      await Promise.all([...additions, addition])
      expect((await first.findToken(token.jti))?.jti).toBe(token.jti)
    }
    await first.close()
  })

  it('refuses a path that is a file', async () => {
    await writeFile(path, 'not a directory')
    expectRefusal(/is not a directory; give a directory/)
    expectRefusal(/is not a directory; give a directory/, join(path, 'below'))
    expect(await readFile(path, 'utf8')).toBe('not a directory')
  })

  it('refuses a directory that it cannot write', () => {
    expectRefusal(/cannot be written; check its owner and permissions/, '/sys/skewproof')
  })

  it('refuses the file of another program', async () => {
    await mkdir(path)
    await writeFile(dataFile, 'SQLite format 3\0'.padEnd(3 * pageSize, '\0'))
    expectRefusal(/damaged: it is not a data file of this store/)
  })

  it('refuses a format that is newer', async () => {
    await writeStore()
    const root = open({ path, maxDbs: 16 })
    await root.openDB({ name: 'meta' }).put('format', 2)
    await root.close()
    expectRefusal(/has format 2, and this version reads 1; upgrade/)
  })

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['is empty', () => Buffer.alloc(0)],
    ['holds a few bytes', bytes => bytes.subarray(0, 100)],
    ['holds one page', bytes => bytes.subarray(0, pageSize)],
    ['was cut in the middle', bytes => bytes.subarray(0, bytes.length / 2)],
    ['is random', bytes => randomBytes(bytes.length)],
    ['is zeros', bytes => Buffer.alloc(bytes.length)],
    ['has a random first page', bytes => Buffer.concat([randomBytes(pageSize), bytes.subarray(pageSize)])],
    ['has random trees', bytes => withMeta(bytes, meta => randomBytes(96).copy(meta, 48 + 16))],
    ['has lost its roots', bytes => bytes.fill(0, 2 * pageSize)],
    ['says that it is endless', bytes => withMeta(bytes, meta => meta.writeBigUInt64LE(2n ** 62n, 88))],
  ])('refuses a file that %s', async (_, change) => {
    await damage(change)
    expectRefusal(/damaged.*; restore it from a backup, or move (its|the) directory away/)
  })

  it('accepts pages at the end that were never written, as a killed process may leave them', async () => {
    await damage(bytes =>
      withMeta(bytes, meta =>
        meta.writeBigUInt64LE(meta.readBigUInt64LE(lastPageOffset) + 5n, lastPageOffset),
      ),
    )
    const store = lmdbStore({ path })
    expect((await store.findToken('the-last'))?.jti).toBe('the-last')
    await Promise.all(Array.from({ length: 300 }, () => store.addToken(sampleToken())))
    expect((await store.readDocument('large')).value).toBe('y'.repeat(50_000))
    await store.close()
  })

  it('leaves a damaged file as it was', async () => {
    await writeStore()
    await truncate(dataFile, 5 * pageSize)
    const before = await readFile(dataFile)
    expectRefusal(/truncated/)
    expect(await readFile(dataFile)).toEqual(before)
  })
})

/** Changes both meta pages. */
function withMeta(bytes: Buffer, change: (meta: Buffer) => void): Buffer {
  change(bytes.subarray(0, pageSize))
  change(bytes.subarray(pageSize, 2 * pageSize))
  return bytes
}
