import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IssuerWatch } from './issuers.ts'

const nowMs = 1_800_000_000_000

function clockAt(timeMs: number, errorMs = 5, status: 'synchronized' | 'unsynchronized' = 'synchronized') {
  return { timeMs, errorMs, status }
}

describe('the watch on issuers', () => {
  it('names the one whose tokens come from the future, by how much at least', () => {
    const watch = new IssuerWatch()
    watch.note({ issuer: 'right', issuedAtSeconds: nowMs / 1000 - 30, clock: clockAt(nowMs) })
    for (const lateMs of [4000, 0, 2000])
      watch.note({
        issuer: 'ahead',
        issuedAtSeconds: (nowMs + 90_000 - lateMs) / 1000,
        clock: clockAt(nowMs),
      })
    expect(watch.report(nowMs + 900)).toEqual([
      { issuer: 'ahead', aheadMs: 89_995, tokens: 3, lastSeenAgoMs: 900 },
      { issuer: 'right', aheadMs: null, tokens: 1, lastSeenAgoMs: 900 },
    ])
  })

  it('forgets within ten minutes what an issuer that was put right had done', () => {
    const watch = new IssuerWatch()
    watch.note({ issuer: 'a', issuedAtSeconds: nowMs / 1000 + 60, clock: clockAt(nowMs) })
    watch.note({ issuer: 'a', issuedAtSeconds: nowMs / 1000 + 310, clock: clockAt(nowMs + 310_000) })
    expect(watch.report(nowMs + 320_000)[0]?.aheadMs).toBe(59_995)
    expect(watch.report(nowMs + 620_000)[0]?.aheadMs).toBeNull()
  })

  it('says nothing by a clock that is not known', () => {
    const watch = new IssuerWatch()
    watch.note({
      issuer: 'a',
      issuedAtSeconds: nowMs / 1000 + 60,
      clock: clockAt(nowMs, 5, 'unsynchronized'),
    })
    expect(watch.report(nowMs)).toEqual([])
  })

  it('remembers no more than it may, those seen last', () => {
    const watch = new IssuerWatch()
    for (let index = 0; index < 1000; index += 1) {
      watch.note({ issuer: 'steady', issuedAtSeconds: nowMs / 1000, clock: clockAt(nowMs) })
      watch.note({ issuer: `made up ${index}`, issuedAtSeconds: nowMs / 1000, clock: clockAt(nowMs) })
    }
    watch.note({ issuer: 'x'.repeat(10_000), issuedAtSeconds: nowMs / 1000, clock: clockAt(nowMs) })
    const names = watch.report(nowMs).map(({ issuer }) => issuer)
    expect(names).toHaveLength(64)
    expect(names).toContain('steady')
    expect(names).toContain('made up 999')
  })

  it('never says more than the truth', () => {
    const ms = (max: number) => fc.double({ min: 0, max, noNaN: true })
    const token = fc.record({
      atMs: ms(1e6),
      transitMs: ms(60_000),
      errorMs: ms(500),
      share: fc.double({ min: -1, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(
        fc.double({ min: -1e5, max: 1e5, noNaN: true }),
        fc.array(token, { minLength: 1 }),
        (aheadMs, tokens) => {
          const watch = new IssuerWatch()
          for (const { atMs, transitMs, errorMs, share } of tokens.toSorted((a, b) => a.atMs - b.atMs)) {
            const issuedAtSeconds = Math.floor((nowMs + atMs - transitMs + aheadMs) / 1000)
            watch.note({
              issuer: 'a',
              issuedAtSeconds,
              clock: clockAt(nowMs + atMs + errorMs * share, errorMs),
            })
          }
          const said = watch.report(nowMs)[0]?.aheadMs ?? 0
          expect(said).toBeLessThanOrEqual(Math.max(0, aheadMs) + 0.01)
        },
      ),
    )
  })
})
