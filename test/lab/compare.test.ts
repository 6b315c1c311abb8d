import fc from 'fast-check'
import { readScenario } from 'skewproof/simulator'
import { describe, expect, it } from 'vitest'
import { compare } from '../../lab/compare.ts'
import type { HeldToken, RecordedAnswer } from '../../lab/outcomes.ts'
import { estimateShare, type OpenCount, widen, widenOpen } from '../../lab/statistics.ts'

const count = fc
  .tuple(fc.nat(5), fc.nat(5), fc.nat(3), fc.nat(3))
  .map(([hits, misses, openHits, openMisses]): OpenCount => {
    const open = openHits + openMisses
    return { hits: hits + openHits, total: hits + misses + open, open, openHits }
  })
const counts = fc.array(count, { minLength: 1, maxLength: 20 })

describe('the interval of a share of which some requests are open', () => {
  it('is the ordinary one where none is', () => {
    fc.assert(
      fc.property(counts, counts => {
        const closed = counts.map(one => ({ ...one, open: 0, openHits: 0 }))
        expect(widenOpen(closed, 1.96)).toEqual(widen(estimateShare(closed), 1.96))
      }),
    )
  })

  it('holds the share, whichever way they are counted', () => {
    fc.assert(
      fc.property(counts, counts => {
        const { low, high, share } = widenOpen(counts, 1.96)
        const total = counts.reduce((sum, one) => sum + one.total, 0)
        const fewest = counts.reduce((sum, one) => sum + one.hits - one.openHits, 0)
        const open = counts.reduce((sum, one) => sum + one.open, 0)
        if (total === 0) return
        for (const possible of [fewest / total, (fewest + open) / total, share]) {
          expect(possible).toBeGreaterThanOrEqual(low - 1e-9)
          expect(possible).toBeLessThanOrEqual(high + 1e-9)
        }
      }),
    )
  })
})

describe('a comparison', () => {
  const scenario = readScenario({
    durationSeconds: 20,
    policies: ['jsonwebtoken'],
    servers: [{ name: 's1' }, { name: 's2' }],
  })
  const beginning = { machineMs: 5000, trueMs: 1_800_000_000_000 }

  /** Answers about tokens of 3 s, each issued at 0.1 s and judged so much later. */
  function answers(judgedAtMs: number, uncertainMs: number, isAccepted: boolean): readonly RecordedAnswer[] {
    return Array.from({ length: 40 }, () => {
      const token: HeldToken = {
        family: 'plain',
        model: { lifetimeSeconds: 3, share: 1, notBefore: false },
        server: 's1',
        token: '',
        jti: '',
        issued: { fromMs: 5100, toMs: 5101 },
        diesAtEarliestMs: 8000,
        diesAtLatestMs: 8001,
        revokeAskedAtMs: Number.POSITIVE_INFINITY,
        revokeBegunAtMs: Number.POSITIVE_INFINITY,
        revokedAtMs: Number.POSITIVE_INFINITY,
      }
      const judged = { fromMs: 5000 + judgedAtMs, toMs: 5000 + judgedAtMs + uncertainMs }
      return {
        policy: 'jsonwebtoken',
        kind: 'expired',
        token,
        server: 's2',
        judged,
        isAccepted,
        boundMs: 0,
      }
    })
  }
  const compared = (answers: readonly RecordedAnswer[]) =>
    compare({ scenario, beginning, happenings: [], answers })

  it('agrees with a server that did what the simulator says', () => {
    expect(compared(answers(4000, 1, false))).toMatchObject([
      { what: 'expiredAccepted', simulated: 0, open: 0, differing: 0, isInside: true },
    ])
  })

  it('does not agree with one that did something else', () => {
    expect(compared(answers(4000, 1, true))).toMatchObject([
      { simulated: 0, open: 0, differing: 40, isInside: false },
    ])
  })

  it('leaves open what hangs on the instant', () => {
    for (const isAccepted of [true, false]) {
      expect(compared(answers(2500, 2000, isAccepted))).toMatchObject([
        { simulated: 0.5, open: 40, differing: 0, seen: { low: 0, high: 1 }, isInside: true },
      ])
    }
  })
})
