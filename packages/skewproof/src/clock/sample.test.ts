import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { betterSample, findAbsurdity, sampleErrorAt, sampleTimeAt } from './sample.ts'
import type { TimeSample } from './source.ts'

const sample: TimeSample = { monotonicMs: 1000, timeMs: 5_000_000, errorMs: 10 }

describe('a sample', () => {
  it('runs on, and its bound grows with the drift, its own or the default', () => {
    expect(sampleTimeAt(sample, 11_000)).toBe(5_010_000)
    expect(sampleErrorAt(sample, 11_000, 200)).toBeCloseTo(12)
    expect(sampleErrorAt({ ...sample, driftPpm: 50 }, 11_000, 200)).toBeCloseTo(10.5)
  })

  it('gives way to a newer one unless its own bound is smaller now, and always when it is stale', () => {
    const precise = { ...sample, errorMs: 1 }
    const newer = { monotonicMs: 2000, timeMs: 5_001_000, errorMs: 5 }
    expect(betterSample(undefined, newer, 200, 10_000)).toBe(newer)
    expect(betterSample(precise, newer, 200, 10_000)).toBe(precise)
    expect(betterSample(sample, newer, 200, 10_000)).toBe(newer)
    expect(betterSample(precise, newer, 200, 999)).toBe(newer)
    const contradicting = { ...newer, timeMs: newer.timeMs + 60 }
    expect(betterSample(precise, contradicting, 200, 10_000)).toBe(contradicting)
    expect(betterSample(newer, { ...newer, monotonicMs: 3000 }, 200, 10_000).monotonicMs).toBe(3000)
  })

  it('always holds true time when both of two honest ones do', () => {
    const offset = fc.double({ min: -1, max: 1, noNaN: true })
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.nat(1000),
        offset,
        offset,
        fc.nat(1e6),
        (error1, error2, at1, at2, gapMs) => {
          const trueAt = (monotonicMs: number) => 1e12 + monotonicMs
          const older = { monotonicMs: 0, timeMs: trueAt(0) + error1 * at1, errorMs: error1 }
          const newer = { monotonicMs: gapMs, timeMs: trueAt(gapMs) + error2 * at2, errorMs: error2 }
          const chosen = betterSample(older, newer, 200, 5e5)
          const distanceMs = Math.abs(sampleTimeAt(chosen, gapMs) - trueAt(gapMs))
          expect(distanceMs).toBeLessThanOrEqual(sampleErrorAt(chosen, gapMs, 200) + 1e-3)
        },
      ),
    )
  })

  it.each([
    { timeMs: Number.NaN },
    { errorMs: Infinity },
    { errorMs: -1 },
    { driftPpm: -1 },
    { driftPpm: Number.NaN },
    { timeMs: -1 },
    { timeMs: 1e16 },
    { monotonicMs: Number.NaN },
  ])('that is absurd is told: %j', change => {
    expect(findAbsurdity(sample)).toBeUndefined()
    expect(findAbsurdity({ ...sample, ...change })).toBeTypeOf('string')
  })
})
