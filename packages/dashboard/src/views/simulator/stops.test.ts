import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lastStop, maxOffsetMs, offsetAt, placeOf, readOffset, stopFor, stopsMs } from './stops.ts'

describe('the stops of a slider', () => {
  it('go from ten minutes behind to ten minutes ahead, the same on both sides', () => {
    expect([offsetAt(-lastStop), offsetAt(0), offsetAt(lastStop)]).toEqual([-maxOffsetMs, 0, maxOffsetMs])
    expect(stopsMs).toEqual(stopsMs.toSorted((a, b) => a - b))
    expect(stopsMs).toEqual(stopsMs.map(ms => 0 - ms).reverse())
    expect([placeOf(-maxOffsetMs), placeOf(0), placeOf(maxOffsetMs)]).toEqual([0, 0.5, 1])
  })

  it('are found again, and whatever was typed is at the nearest', () => {
    const stop = fc.integer({ min: -lastStop, max: lastStop })
    const typedMs = fc.integer({ min: -maxOffsetMs, max: maxOffsetMs })
    fc.assert(fc.property(stop, one => stopFor(offsetAt(one)) === one))
    fc.assert(
      fc.property(typedMs, stop, (ms, other) => {
        const distance = (one: number) => Math.abs(offsetAt(one) - ms)
        expect(distance(stopFor(ms))).toBeLessThanOrEqual(distance(other))
      }),
    )
  })
})

describe('an offset that somebody types', () => {
  it.each([
    ['180', 180_000],
    [' -0.0015 ', -1.5],
    ['−2', -2000],
    ['-0', 0],
    ['1e9', maxOffsetMs],
    ['-601', -maxOffsetMs],
    ['', undefined],
    ['soon', undefined],
    ['Infinity', undefined],
  ])('%j is %j ms', (text, ms) => {
    expect(readOffset(text)).toBe(ms)
  })
})
