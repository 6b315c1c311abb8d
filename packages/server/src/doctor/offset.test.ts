import fc from 'fast-check'
import { ManualHostClock } from 'skewproof'
import { describe, expect, it } from 'vitest'
import type { CheckStatus } from './check.ts'
import { judgeOffset, offsetBetween, readWallOffset } from './offset.ts'

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
  it('is known when each is known against a third', () => {
    expect(offsetBetween({ lowMs: 100, highMs: 110 }, { lowMs: 20, highMs: 22 })).toEqual({
      offsetMs: 84,
      errorMs: 6,
    })
  })

  it('holds for whatever our wall clock shows of a millisecond', () => {
    const host = new ManualHostClock(1_800_000_000_000)
    const monotonicMs = host.monotonicMs.bind(host)
    host.monotonicMs = () => {
      host.advance(2)
      return monotonicMs()
    }
    expect(readWallOffset(host)).toEqual({ lowMs: 1_799_999_999_998, highMs: 1_800_000_000_001 })
  })
})
