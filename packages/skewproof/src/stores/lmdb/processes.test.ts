import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakedClock } from '../../../../../test/support/faked-clock.ts'
import { killInStorm, RemoteStore } from '../../../test/lmdb/processes.ts'
import { nextTurn } from '../../testing/token-store/fixture.ts'
import { sampleToken } from '../../testing/token-store/samples.ts'
import type { LiveToken, TokenStore } from '../../tokens/store.ts'
import { lmdbStore } from './lmdb-store.ts'

let path = ''
let remotes: RemoteStore[] = []

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'skewproof-'))
})

afterEach(async () => {
  await Promise.all(remotes.map(remote => remote.end()))
  remotes = []
  await rm(path, { recursive: true })
})

async function startAll(
  count: number,
  env: (index: number) => NodeJS.ProcessEnv = () => ({}),
): Promise<RemoteStore[]> {
  const started = await Promise.all(
    Array.from({ length: count }, (_, index) => RemoteStore.start(join(path, 'store'), env(index))),
  )
  remotes.push(...started)
  return started
}

async function withStore(use: (store: TokenStore) => Promise<void>): Promise<void> {
  const store = lmdbStore({ path: join(path, 'store') })
  try {
    await use(store)
  } finally {
    await store.close()
  }
}

describe('the LMDB store in several processes', { timeout: 60_000 }, () => {
  it('can be opened for the first time by many at once, and is shared by all', async () => {
    const stores = await startAll(6)
    const tokens = stores.map(() => sampleToken())
    await Promise.all(stores.map((store, index) => store.call('addToken', { ...tokens[index] })))
    const ids = tokens.map(token => token.jti)
    for (const store of stores) expect(await store.call('findTokens', ids)).toEqual(ids)
  })

  it('tells every process of a revocation, in its next turn of the event loop', async () => {
    const [first, second] = await startAll(2)
    await withStore(async store => {
      const feed = store.openFeed()
      for (let round = 0; round < 20; round += 1) {
        const token = sampleToken()
        await first?.call('addToken', { ...token })
        await second?.call('revokeToken', token.jti)
        await nextTurn()
        const expected = [{ kind: 'token', jti: token.jti }]
        expect(feed.take()).toEqual(expected)
        expect(await first?.call('takeChanges')).toEqual(expected)
        expect(await store.findToken(token.jti)).toBeUndefined()
      }
      feed.close()
    })
  })

  it('measures the same age in all of them, whatever their wall clocks say', async () => {
    const offsetsSeconds = [0, 180, -150, 3600]
    const stores = await startAll(offsetsSeconds.length, index => fakedClock(offsetsSeconds[index] ?? 0))
    const wallsMs = await Promise.all(stores.map(async store => Number(await store.call('wallMs'))))
    for (const [index, wallMs] of wallsMs.entries()) {
      const offByMs = wallMs - (wallsMs[0] ?? 0) - (offsetsSeconds[index] ?? 0) * 1000
      expect(Math.abs(offByMs)).toBeLessThan(10_000)
    }
    const lifetimeMs = 600_000
    const tokens = stores.map(() => sampleToken({ lifetimeMs }))
    await Promise.all(stores.map((store, index) => store.call('addToken', { ...tokens[index] })))
    for (const { jti } of tokens) {
      const first = (await stores[0]?.call('findToken', jti)) as LiveToken
      const others = (await Promise.all(stores.map(store => store.call('findToken', jti)))) as LiveToken[]
      const last = (await stores[0]?.call('findToken', jti)) as LiveToken
      expect(first.remainingMs).toBeLessThanOrEqual(lifetimeMs)
      for (const { remainingMs, errorMs } of others) {
        expect(remainingMs).toBeLessThanOrEqual(first.remainingMs + errorMs)
        expect(remainingMs).toBeGreaterThanOrEqual(last.remainingMs - errorMs)
      }
    }
  })

  it('keeps what was acknowledged when a process is killed in the midst of it, and lets the others go on', async () => {
    const [survivor] = await startAll(1)
    for (let round = 0; round < 3; round += 1) {
      const { kept, revoked } = await killInStorm(join(path, 'store'), `storm-${round}`, 4000)
      expect(kept.length + revoked.length).toBeGreaterThanOrEqual(4000)
      expect(await survivor?.call('findTokens', [...kept])).toEqual(kept)
      expect(await survivor?.call('findTokens', [...revoked])).toEqual([])
      expect(await survivor?.call('addToken', { ...sampleToken() })).toBe(true)
    }
    await survivor?.end()
    const { kept, revoked } = await killInStorm(join(path, 'store'), 'alone', 4000)
    await withStore(async store => {
      for (const jti of kept) expect(await store.findToken(jti)).toBeDefined()
      for (const jti of revoked) expect(await store.findToken(jti)).toBeUndefined()
      expect(await store.addToken(sampleToken())).toBe(true)
    })
  })

  it('refuses writes when the disk takes no more, keeps what it has, and goes on when there is room', async () => {
    const [helper] = await startAll(1)
    const limited = await RemoteStore.start(join(path, 'store'), {}, 'ulimit -S -f 2048')
    remotes.push(limited)
    const acknowledged: string[] = []
    let refusal: string | undefined
    while (refusal === undefined) {
      const tokens = Array.from({ length: 50 }, () => sampleToken())
      const { done, code } = (await limited.call(
        'addTokens',
        tokens.map(token => ({ ...token })),
      )) as Outcome
      if (done === tokens.length) acknowledged.push(...tokens.map(token => token.jti))
      refusal = code
    }
    expect(refusal).toBe('ERR_STORE_UNAVAILABLE')
    expect(acknowledged.length).toBeGreaterThan(500)
    expect(await limited.call('findTokens', acknowledged)).toEqual(acknowledged)
    const token = sampleToken()
    await helper?.call('addToken', { ...token })
    expect(await limited.call('findTokens', [token.jti])).toEqual([token.jti])
    await raiseLimit(limited)
    const more = Array.from({ length: 500 }, () => ({ ...sampleToken() }))
    expect(await limited.call('addTokens', more)).toEqual({ done: 500 })
    expect(await limited.call('findTokens', acknowledged)).toEqual(acknowledged)
  })
})

interface Outcome {
  readonly done: number
  readonly code?: string
}

async function raiseLimit({ process: { pid } }: RemoteStore): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', String(pid), '--fsize=unlimited'])
}
