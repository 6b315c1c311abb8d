import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  describeOffset,
  formatAge,
  formatBound,
  formatOffset,
  formatRate,
  formatSpan,
  formatTime,
} from './measure.ts'
import { visible, visibleJson } from './visible.ts'

describe('a length of time', () => {
  it.each([
    [0, '0.00 ms'],
    [0.123, '0.12 ms'],
    [9.996, '10.0 ms'],
    [12.34, '12.3 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [12_345, '12.3 s'],
    [59_949, '59.9 s'],
    [59_951, '1 min'],
    [180_000, '3 min'],
    [150_400, '2 min 30 s'],
    [3_599_400, '59 min 59 s'],
    [3_599_600, '1 h'],
    [7_800_000, '2 h 10 min'],
    [86_400_000 * 3, '3 d'],
  ])('of %d ms is %s', (ms, text) => {
    expect(formatSpan(ms)).toBe(text)
    expect(formatSpan(-ms)).toBe(text)
  })

  it('never shows sixty of a unit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), ms => {
        expect(formatSpan(ms)).not.toMatch(/\b60 (s|min)\b|\b60\.0 s|\b1000 ms|\b24 h\b/)
      }),
    )
  })

  it('has a sign where it is an offset, and words', () => {
    expect(formatOffset(180_000)).toBe('+3 min')
    expect(formatOffset(-1.5)).toBe('−1.50 ms')
    expect(formatOffset(-0.001)).toBe('0 ms')
    expect(formatOffset(null)).toBe('unknown')
    expect(describeOffset(-150_000)).toBe('2 min 30 s behind')
    expect(describeOffset(180_000)).toBe('3 min ahead')
    expect(formatBound(2)).toBe('± 2.00 ms')
    expect(formatBound(null)).toBe('unbounded')
    expect(formatAge(900)).toBe('1 s')
    expect(formatAge(-3)).toBe('0 s')
    expect(formatAge(92_300)).toBe('1 min 32 s')
    expect(formatTime(Date.UTC(2026, 10, 25, 14, 2, 10))).toBe('14:02:10')
    expect([0, 0.001, 0.5, 12.34, 12_345].map(formatRate)).toEqual(['0', '< 0.01', '0.50', '12.3', '12,345'])
  })
})

describe('text that others wrote', () => {
  it('shows what would hide, or turn the rest round', () => {
    expect(visible('alice\u202egnp.exe')).toBe('alice\\u202egnp.exe')
    expect(visible('a\u0000b\nc\u200bd\ufeffe')).toBe('a\\u0000b\\u000ac\\u200bd\\ufeffe')
    expect(visible('a\u{e0041}b')).toBe('a\\u{e0041}b')
    expect(visible('\ud800')).toBe('\\ud800')
    expect(visible('Zoë 😀 日本')).toBe('Zoë 😀 日本')
    expect(visible('x'.repeat(9000))).toHaveLength(4097)
  })

  it('never holds a control or a mark of direction, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(visible(text)).not.toMatch(/[\p{Cc}\p{Cf}]/u)
        expect(visibleJson({ [text]: text })).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
      }),
    )
  })
})
