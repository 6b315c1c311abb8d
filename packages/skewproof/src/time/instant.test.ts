import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatInstant, maxInstantMs } from './instant.ts'

describe('formatInstant', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [1_800_000_000_123, '2027-01-15T08:00:00.123Z'],
    [1_800_000_000_123.9, '2027-01-15T08:00:00.123Z'],
    [-1, '1969-12-31T23:59:59.999Z'],
    [maxInstantMs, '+275760-09-13T00:00:00.000Z'],
    [-maxInstantMs, '-271821-04-20T00:00:00.000Z'],
  ])('writes %d as %s', (timeMs, text) => {
    expect(formatInstant(timeMs)).toBe(text)
  })

  it.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY],
    [maxInstantMs + 1],
    [-maxInstantMs - 1],
  ])('has nothing to write for %d', timeMs => {
    expect(formatInstant(timeMs)).toBeUndefined()
  })

  it('reads back as the same millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: -maxInstantMs, max: maxInstantMs }), timeMs => {
        expect(Date.parse(formatInstant(timeMs) ?? '')).toBe(timeMs)
      }),
    )
  })

  it('never throws, and answers exactly when a Date can hold the instant', () => {
    fc.assert(
      fc.property(fc.double(), timeMs => {
        expect(formatInstant(timeMs) !== undefined).toBe(Math.abs(timeMs) <= maxInstantMs)
      }),
    )
  })
})
