import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { axisOf, extentOf, reachFor, ticksBetween, ticksOf } from './axis.ts'

const reach = fc.constantFrom(1000, 60_000, 600_000, 1e10)
const offset = fc.double({ min: -1e12, max: 1e12, noNaN: true })

describe('the axis', () => {
  it('has true time in the middle, is symmetric, keeps the order, and holds what lies beyond at its edges', () => {
    fc.assert(
      fc.property(reach, offset, offset, (reachMs, a, b) => {
        const axis = axisOf(reachMs)
        expect(axis.place(0)).toBe(0)
        expect(axis.place(-a)).toBeCloseTo(-axis.place(a), 12)
        expect(Math.abs(axis.place(a))).toBeLessThanOrEqual(1)
        if (a < b) expect(axis.place(a)).toBeLessThanOrEqual(axis.place(b))
        if (Math.abs(a) >= reachMs) expect(Math.abs(axis.place(a))).toBe(1)
      }),
    )
  })

  it('shows a tenth of a millisecond beside three minutes', () => {
    const { place } = axisOf(600_000)
    expect(place(0.1)).toBeGreaterThan(0)
    expect(place(18)).toBeLessThan(0.13)
    expect(place(100)).toBeGreaterThan(0.25)
    expect(place(180_000)).toBeGreaterThan(0.88)
  })

  it('has ticks on both sides, at the same distances, within its reach', () => {
    const ticks = ticksOf(axisOf(60_000))
    expect(ticks.map(({ label }) => label)).toEqual([
      ...['−1 min', '−10 s', '−1 s', '−100 ms', '−10 ms'],
      '0',
      ...['+10 ms', '+100 ms', '+1 s', '+10 s', '+1 min'],
    ])
    expect(ticks.map(({ offsetMs }) => 0 - offsetMs).reverse()).toEqual(ticks.map(({ offsetMs }) => offsetMs))
  })
})

describe('how far it reaches', () => {
  it('holds everything', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e13, noNaN: true }), reach, (extentMs, previousMs) => {
        expect(reachFor(extentMs, previousMs)).toBeGreaterThanOrEqual(extentMs)
      }),
    )
  })

  it('does not go to and fro with a clock that is just as far off as it reaches', () => {
    expect(reachFor(55_000)).toBe(600_000)
    expect(reachFor(53_000)).toBe(60_000)
    expect(reachFor(53_000, 600_000)).toBe(600_000)
    expect(reachFor(30_000, 600_000)).toBe(60_000)
  })

  it('is not told by a bound that says nothing, nor by a clock of which nothing is known', () => {
    const unknown = { offsetMs: null, errorMs: null }
    expect(extentOf([{ offsetMs: -20, errorMs: 5 }, unknown])).toBe(25)
    expect(extentOf([{ offsetMs: 20, errorMs: 1e15 }])).toBe(600_020)
    expect(extentOf([unknown])).toBe(0)
  })
})

describe('ticks of an axis of any extent', () => {
  it('lie within it, in their order, and are few', () => {
    fc.assert(
      fc.property(offset, offset, (a, b) => {
        const [min, max] = [Math.min(a, b, -0.01), Math.max(a, b, 0.01)]
        const ticks = ticksBetween(min, max)
        expect(ticks).toContain(0)
        expect(ticks.length).toBeLessThanOrEqual(23)
        expect(ticks).toEqual([...ticks].sort((x, y) => x - y))
        for (const tick of ticks) expect(tick >= min && tick <= max).toBe(true)
      }),
    )
  })
})
