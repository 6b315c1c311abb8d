import { describe, expect, it } from 'vitest'
import { ManualHostClock } from '../../clock/manual.ts'
import { describeFleetStore, describeTokenStore } from '../../testing/index.ts'
import { sampleFamily, sampleToken } from '../../testing/token-store/samples.ts'
import { memoryStore } from './memory-store.ts'

describeTokenStore('memory', { describe, it }, () => {
  const host = new ManualHostClock()
  const store = memoryStore({ host })
  return {
    open: () => store,
    nowMs: () => host.uptimeMs(),
    advance: ms => host.advance(ms),
    dispose: () => store.close(),
  }
})

describeFleetStore('memory', { describe, it }, () => {
  const host = new ManualHostClock()
  const store = memoryStore({ host })
  return {
    open: () => store.fleet,
    advance: ms => host.advance(ms),
    dispose: () => store.close(),
  }
})

describe('the memory store', () => {
  it('refuses more than it may hold, and forgets nothing for it', async () => {
    const host = new ManualHostClock()
    const store = memoryStore({ host, maxTokens: 10 })
    const tokens = Array.from({ length: 10 }, () => sampleToken({ lifetimeMs: 1000, toleranceMs: 0 }))
    for (const token of tokens) await store.addToken(token)
    await expect(store.addToken(sampleToken())).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    for (const { jti } of tokens) expect((await store.findToken(jti))?.jti).toBe(jti)

    host.advance(1000)
    for (let count = 0; count < 10; count += 1) expect(await store.addToken(sampleToken())).toBe(true)
    await expect(store.addToken(sampleToken())).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  })

  it('refuses more families than it may hold', async () => {
    const host = new ManualHostClock()
    const store = memoryStore({ host, maxTokens: 2 })
    const families = Array.from({ length: 2 }, () => sampleFamily({ idleMs: 1000 }))
    for (const family of families) await store.addFamily(family)
    await expect(store.addFamily(sampleFamily())).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    host.advance(1000)
    await store.addFamily(sampleFamily())
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses maxTokens %s', maxTokens => {
    expect(() => memoryStore({ maxTokens })).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }))
  })
})
