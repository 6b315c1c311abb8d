import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Condition } from '../wire/condition.ts'
import { axisOf } from './axis.ts'
import { laneOf } from './lane.ts'
import { spreadOf } from './spread.ts'
import { rowsInSight } from './window.ts'

const axis = axisOf(600_000)

describe('an interval on its lane', () => {
  it('holds its point, has some width, and stays on the lane', () => {
    const error = fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }), { nil: null })
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), error, (offsetMs, errorMs) => {
        const { from, at, to } = laneOf(axis, offsetMs, errorMs)
        expect(from).toBeGreaterThanOrEqual(0)
        expect(from).toBeLessThanOrEqual(at)
        expect(at).toBeLessThanOrEqual(to)
        expect(to).toBeLessThanOrEqual(100)
        expect(to - from).toBeGreaterThan(0.2)
      }),
    )
  })

  it('covers true time just when the interval does', () => {
    expect(laneOf(axis, 40, 50).from).toBeLessThan(50)
    expect(laneOf(axis, 40, 30).from).toBeGreaterThan(50)
  })

  it('is as long as the lane where nothing is known of the bound', () => {
    expect(laneOf(axis, 10, null)).toMatchObject({ from: 0, to: 100 })
  })
})

describe('the spread of many clocks', () => {
  it('counts each clock once that stands somewhere', () => {
    const condition = fc.constantFrom<Condition>('right', 'off', 'outvoted', 'blind', 'silent')
    const clock = fc.record({
      offsetMs: fc.option(fc.double({ min: -1e7, max: 1e7, noNaN: true }), { nil: null }),
      condition,
    })
    fc.assert(
      fc.property(fc.array(clock), clocks => {
        const { places, right, doubtful, outvoted } = spreadOf(clocks, axis)
        const total = [...right, ...doubtful, ...outvoted].reduce((sum, count) => sum + count, 0)
        expect(total).toBe(clocks.filter(one => one.offsetMs !== null && one.condition !== 'silent').length)
        expect(places).toHaveLength(right.length)
      }),
    )
  })

  it('keeps the one that is outvoted apart from the thousand that are right', () => {
    const clocks = Array.from({ length: 1000 }, () => ({ offsetMs: 0.3, condition: 'right' as const }))
    const { places, right, outvoted } = spreadOf(
      [...clocks, { offsetMs: 180_000, condition: 'outvoted' }],
      axis,
    )
    expect(Math.max(...right)).toBe(1000)
    const place = places[outvoted.indexOf(1)] ?? 0
    expect(place).toBeGreaterThan(0.85)
  })
})

describe('the rows in sight', () => {
  it('cover the view, and are few', () => {
    const count = fc.integer({ min: 0, max: 5000 })
    const top = fc.integer({ min: -250_000, max: 2000 })
    fc.assert(
      fc.property(count, top, (rows, topPx) => {
        const { first, end } = rowsInSight({ top: topPx, rowHeight: 42, count: rows }, 900)
        expect(0 <= first && first <= end && end <= rows).toBe(true)
        expect(end - first).toBeLessThanOrEqual(40)
        for (let row = 0; row < rows; row += 1) {
          const y = topPx + row * 42
          if (y + 42 > 0 && y < 900) expect(row >= first && row < end).toBe(true)
        }
      }),
      { numRuns: 50 },
    )
  })
})
