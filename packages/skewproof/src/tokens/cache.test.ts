import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenCache } from './cache.ts'

const tail = 'T'.repeat(16)

describe('TokenCache', () => {
  it('finds what was put in, under an equal but new string', () => {
    const cache = new TokenCache<number>(10)
    cache.set(`head.body.${tail}`, 1)
    expect(cache.get(['head', 'body', tail].join('.'))).toBe(1)
    expect(cache.get(`head.other.${tail}`)).toBeUndefined()
  })

  it('keeps tokens apart that share a tail, in both directions', () => {
    const cache = new TokenCache<number>(10)
    cache.set(`a.a.${tail}`, 1)
    cache.set(`b.b.${tail}`, 2)
    expect([cache.get(`a.a.${tail}`), cache.get(`b.b.${tail}`)]).toEqual([1, 2])
    cache.delete(`a.a.${tail}`)
    expect([cache.get(`a.a.${tail}`), cache.get(`b.b.${tail}`)]).toEqual([undefined, 2])
    cache.set(`a.a.${tail}`, 3)
    cache.delete(`b.b.${tail}`)
    expect([cache.get(`a.a.${tail}`), cache.get(`b.b.${tail}`)]).toEqual([3, undefined])
  })

  it('forgets a token that was put in again after the one that held its tail was gone', () => {
    const cache = new TokenCache<number>(3)
    for (const head of ['b', 'a', 'bb', 'bb']) cache.set(`${head}.x.${tail}`, 1)
    cache.delete(`bb.x.${tail}`)
    expect(cache.get(`bb.x.${tail}`)).toBeUndefined()
  })

  it('drops what is not asked for, and keeps what is', () => {
    const cache = new TokenCache<number>(100)
    cache.set(token(0), 0)
    for (let id = 1; id < 1000; id += 1) {
      cache.set(token(id), id)
      expect(cache.get(token(0))).toBe(0)
    }
    expect(cache.size).toBeLessThanOrEqual(100)
    expect(cache.get(token(1))).toBeUndefined()
    expect(cache.get(token(999))).toBe(999)
  })

  it('keeps nothing when its size is 0', () => {
    const cache = new TokenCache<number>(0)
    cache.set(token(1), 1)
    expect(cache.get(token(1))).toBeUndefined()
  })

  it('behaves as a map that may forget, and never answers for another token', () => {
    const tails = fc.constantFrom('A'.repeat(16), 'B'.repeat(16))
    const step = fc.record({
      text: fc.tuple(fc.stringMatching(/^[ab]{1,2}$/), tails).map(([head, end]) => `${head}.x.${end}`),
      remove: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (steps, size) => {
        const cache = new TokenCache<number>(size)
        const model = new Map<string, number>()
        for (const [number, { text, remove }] of steps.entries()) {
          if (remove) {
            cache.delete(text)
            model.delete(text)
          } else {
            cache.set(text, number)
            model.set(text, number)
          }
          for (const known of new Set(steps.map(one => one.text))) {
            expect([undefined, model.get(known)]).toContain(cache.get(known))
          }
          if (!remove) expect(cache.get(text)).toBe(number)
          expect(cache.size).toBeLessThanOrEqual(size + 1)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

function token(id: number): string {
  return `head.body.${String(id).padStart(16, '0')}`
}
