import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ManualClock, ManualHostClock } from '../clock/manual.ts'
import { memoryStore } from '../stores/memory/index.ts'
import { storeUnavailable } from './errors.ts'
import type { Verification } from './observation.ts'
import { observeStore } from './observed-store.ts'
import { createTokenService } from './service.ts'
import type { TokenStore } from './store.ts'
import type { StoreOperation } from './store-operations.ts'
import type { TokenService } from './token-service.ts'

const startMs = 1_800_000_000_000

function setUp() {
  const host = new ManualHostClock(startMs)
  const store = memoryStore({ host })
  const clock = new ManualClock({ timeMs: startMs })
  const options = { issuer: 'https://auth.test', audience: 'api', store, host }
  const tokens = createTokenService({ ...options, clock })
  const ahead = createTokenService({ ...options, clock: new ManualClock({ timeMs: startMs + 180_000 }) })
  const pass = (ms: number) => {
    host.advance(ms)
    clock.advance(ms)
  }
  return { store, clock, tokens, ahead, seen: collect(tokens), pass }
}

function collect(tokens: TokenService): Verification[] {
  const seen: Verification[] = []
  tokens.on('verification', one => seen.push(one))
  return seen
}

describe('a listener', () => {
  it('hears of an accepted token, first verified and then judged again', async () => {
    const { tokens, seen, clock } = setUp()
    const { access_token: token, jti } = await tokens.issue({ subject: 'alice' })
    await tokens.verify(token)
    await tokens.verify(token)
    expect(seen.map(one => [one.verdict, one.isCached, one.claims?.jti])).toEqual([
      ['valid', false, jti],
      ['valid', true, jti],
    ])
    expect(seen[0]).toMatchObject({ code: undefined, culprit: undefined, clock: clock.now() })
  })

  it('hears how far ahead the issuer is, also when the token is refused', async () => {
    const { tokens, seen, ahead } = setUp()
    const { access_token: token } = await ahead.issue({ subject: 'alice' })
    await tokens.verify(token).catch(() => {})
    expect(seen).toMatchObject([{ verdict: 'refused', code: 'ERR_TOKEN_NOT_YET_VALID', culprit: 'issuer' }])
    expect(seen[0]?.issuerOffsetMs).toBe(180_000)
    expect(seen[0]?.claims?.iat).toBe(startMs / 1000 + 180)
  })

  it('hears of a token that has expired since, once', async () => {
    const { tokens, seen, pass } = setUp()
    const { access_token: token } = await tokens.issue({ subject: 'alice', expiresIn: 60 })
    await tokens.verify(token)
    pass(300_000)
    await tokens.verify(token).catch(() => {})
    expect(seen.map(one => [one.verdict, one.code])).toEqual([
      ['valid', undefined],
      ['refused', 'ERR_TOKEN_EXPIRED'],
    ])
  })

  it('hears of a known token that was revoked, of which the store need not be asked; but of its whole subject it is', async () => {
    const { tokens, seen, store } = setUp()
    const [one, other] = [await tokens.issue({ subject: 'alice' }), await tokens.issue({ subject: 'alice' })]
    for (const { access_token: token } of [one, other]) await tokens.verify(token)
    const asked = vi.spyOn(store, 'findToken')
    await tokens.revoke(one.jti)
    await tokens.verify(one.access_token).catch(() => {})
    expect(asked).not.toHaveBeenCalled()
    expect(seen.at(-1)).toMatchObject({ verdict: 'refused', code: 'ERR_TOKEN_REVOKED', isCached: true })
    expect(seen.at(-1)?.claims?.jti).toBe(one.jti)
    await tokens.revokeSubject('alice')
    await tokens.verify(other.access_token).catch(() => {})
    expect(asked).toHaveBeenCalledOnce()
    expect(seen.at(-1)).toMatchObject({ verdict: 'refused', code: 'ERR_TOKEN_REVOKED', isCached: false })
  })

  it("is not told what a token says that may be anybody's", async () => {
    const { tokens, seen } = setUp()
    const { access_token: token } = await tokens.issue({ subject: 'alice' })
    const forged = `${token.slice(0, -4)}AAAA`
    await tokens.verify(forged).catch(() => {})
    await tokens.verify('no token').catch(() => {})
    expect(seen.map(one => [one.verdict, one.code, one.claims])).toEqual([
      ['refused', 'ERR_TOKEN_SIGNATURE', undefined],
      ['refused', 'ERR_TOKEN_MALFORMED', undefined],
    ])
  })

  it('is told apart a store that cannot be asked from a refusal', async () => {
    const { tokens, seen, store } = setUp()
    const { access_token: token } = await tokens.issue({ subject: 'alice' })
    vi.spyOn(store, 'findToken').mockRejectedValue(storeUnavailable('it is gone'))
    await tokens.verify(token).catch(() => {})
    expect(seen).toMatchObject([{ verdict: 'unavailable', code: 'ERR_STORE_UNAVAILABLE' }])
  })

  it('changes no verdict when it throws, and its error is not lost', async () => {
    const { tokens } = setUp()
    const later: (() => void)[] = []
    vi.stubGlobal('queueMicrotask', (task: () => void) => later.push(task))
    onTestFinished(() => void vi.unstubAllGlobals())
    tokens.on('verification', () => {
      throw new Error('a defect of the listener')
    })
    const { access_token: token } = await tokens.issue({ subject: 'alice' })
    expect((await tokens.verify(token)).verdict).toBe('valid')
    expect(later[0]).toThrow('a defect of the listener')
  })

  it('hears no more when it was taken off', async () => {
    const { tokens } = setUp()
    const listener = vi.fn()
    tokens.on('verification', listener).off('verification', listener)
    await tokens.verify('no token').catch(() => {})
    expect(listener).not.toHaveBeenCalled()
  })

  it('hears of what is issued and revoked, and not whose it is', async () => {
    const { tokens } = setUp()
    const events: unknown[] = []
    tokens.on('issuance', one => events.push(one)).on('revocation', one => events.push(one))
    const first = await tokens.issue({ subject: 'alice', expiresIn: 60, refresh: true })
    const second = await tokens.refresh(first.refresh_token ?? '')
    await tokens.revoke(second.jti)
    await tokens.revokeRefreshToken(second.refresh_token ?? '')
    await tokens.issue({ subject: 'bob', expiresIn: 60, refresh: true })
    const [session] = (await tokens.list('bob')).tokens
    await tokens.revokeSession(session?.familyId ?? '')
    await tokens.revokeSubject('alice')
    await tokens.revokeIssuedBefore(startMs / 1000)
    const durability = 'acknowledged'
    expect(events).toEqual([
      { cause: 'request', expiresInSeconds: 60 },
      { cause: 'refresh', expiresInSeconds: 60 },
      { scope: 'token', revoked: true, durability },
      { scope: 'family', revoked: true, durability },
      { cause: 'request', expiresInSeconds: 60 },
      { scope: 'family', revoked: true, durability },
      { scope: 'subject', revoked: true, durability },
      { scope: 'issued_before', revoked: true, durability },
    ])
  })
})

describe('an observed store', () => {
  it('tells of the operations of all token services over it', async () => {
    const { store, tokens, ahead } = setUp()
    const operations: StoreOperation[] = []
    observeStore(store).on('operation', one => operations.push(one))
    await tokens.issue({ subject: 'alice' })
    await ahead.revokeSubject('alice')
    expect(operations.map(one => one.operation).slice(-2)).toEqual(['addToken', 'revokeSubject'])
    expect(operations.every(one => one.outcome === 'ok' && one.durationMs >= 0)).toBe(true)
  })

  it('tells apart a store that is gone from a call that is wrong', async () => {
    const store: TokenStore = memoryStore()
    const operations: StoreOperation[] = []
    const observed = observeStore(store).on('operation', one => operations.push(one))
    await observed.listTokens('alice', { limit: -1 }).catch(() => {})
    await store.close()
    await observed.findToken('a').catch(() => {})
    expect(operations.map(one => one.outcome)).toEqual(['error', 'unavailable'])
  })

  it('is one for each store', () => {
    const store = memoryStore()
    expect(observeStore(store)).toBe(observeStore(store))
    expect(observeStore(observeStore(store))).toBe(observeStore(store))
    expect(observeStore(memoryStore())).not.toBe(observeStore(store))
  })
})
