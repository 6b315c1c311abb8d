import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CheckStatus } from './check.ts'
import { judgeOffset, offsetOf } from './offset.ts'

function judge(offsetMs: number, errorMs: number) {
  return judgeOffset('service.offset', { offsetMs, errorMs }, size => `it is ${size} ours`, 'Set it.')
}

describe('an offset', () => {
  it.each<[number, number, CheckStatus]>([
    [0, 0, 'pass'],
    [99, 0.9, 'pass'],
    [-99, 0.9, 'pass'],
    [99, 1, 'warn'],
    [100, 0, 'warn'],
    [-100, 0, 'warn'],
    [0, 100, 'warn'],
    [499.9, 0, 'warn'],
    [500, 0, 'fail'],
    [-500, 0, 'fail'],
    [501, 2, 'warn'],
    [2500, 2000, 'fail'],
    [0, Number.POSITIVE_INFINITY, 'warn'],
  ])('of %d ms ± %d ms: %s', (offsetMs, errorMs, status) => {
    expect(judge(offsetMs, errorMs).status).toBe(status)
  })

  it('says which way, how far, and how certain that is', () => {
    expect(judge(2500, 3).message).toBe('it is 2.5s ahead of ours, ± 3ms')
    expect(judge(-120, 3)).toMatchObject({ message: 'it is 120ms behind ours, ± 3ms', fix: 'Set it.' })
    expect(judge(5, 200).message).toMatch(/cannot be told/)
  })

  it('is never judged by its sign, and never passes with a wider bound where it did not with a narrower', () => {
    const ms = fc.double({ min: 0, max: 10_000, noNaN: true })
    fc.assert(
      fc.property(ms, ms, ms, (offsetMs, errorMs, moreMs) => {
        expect(judge(-offsetMs, errorMs).status).toBe(judge(offsetMs, errorMs).status)
        const [narrow, wide] = [judge(offsetMs, errorMs).status, judge(offsetMs, errorMs + moreMs).status]
        if (narrow !== 'pass') expect(wide).not.toBe('pass')
        if (narrow !== 'fail') expect(wide).not.toBe('fail')
      }),
    )
  })
})

describe('the offset between two clocks', () => {
  it('is known to half the round trip and half the resolution, whenever the other clock was read', () => {
    const ms = fc.double({ min: 0, max: 1000, noNaN: true })
    const signedMs = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(ms, ms, ms, signedMs, (startMs, outMs, backMs, trueOffsetMs) => {
        const trueSentMs = 1_800_000_000_000 + startMs
        const sentWallMs = Math.floor(trueSentMs)
        const serverTimeMs = Math.floor(trueSentMs + outMs + trueOffsetMs)
        const exchange = { sentWallMs, roundTripMs: outMs + backMs, serverTimeMs, resolutionMs: 1 }
        const offset = offsetOf([exchange])
        expect(Math.abs((offset?.offsetMs ?? Number.NaN) - trueOffsetMs)).toBeLessThanOrEqual(
          (offset?.errorMs ?? 0) + 1e-3,
        )
      }),
    )
  })

  it('is taken from the exchange that tells it best', () => {
    const exchange = { sentWallMs: 0, serverTimeMs: 50, resolutionMs: 1 }
    const trips = [9, 3, 7].map(roundTripMs => ({ ...exchange, roundTripMs }))
    expect(offsetOf(trips)).toEqual({ offsetMs: 48.5, errorMs: 2.5 })
    expect(offsetOf([])).toBeUndefined()
  })
})
