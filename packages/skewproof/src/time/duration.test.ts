import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDurationMs } from './duration.ts'
import { OptionError } from './option-error.ts'

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
const units = Object.keys(unitMs) as (keyof typeof unitMs)[]
const tenThousandYearsMs = 10_000 * 365 * 86_400_000

describe('parseDurationMs', () => {
  it.each([
    [0, 0],
    [-0, 0],
    [30, 30_000],
    [0.25, 250],
    ['0s', 0],
    ['500ms', 500],
    ['0.5ms', 0.5],
    ['30s', 30_000],
    ['15 m', 900_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
  ])('reads %j as %d ms', (value, ms) => {
    expect(parseDurationMs('option', value)).toBe(ms)
  })

  it.each([
    [1.001, 1001],
    ['0.29h', 1_044_000],
    ['0.07h', 252_000],
    ['1.1d', 95_040_000],
  ])('reads the decimal %j exactly: %d ms', (value, ms) => {
    expect(parseDurationMs('option', value, { minMs: ms, maxMs: ms })).toBe(ms)
  })

  it.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY],
    [''],
    ['30'],
    ['s'],
    ['-1s'],
    ['+1s'],
    ['.5s'],
    ['1.s'],
    ['1e3s'],
    ['0x1s'],
    ['1  s'],
    [' 1s'],
    ['1s '],
    ['1s\n'],
    ['1S'],
    ['1y'],
    ['1h30m'],
    ['١s'],
    [`${'0'.repeat(32)}s`],
    [undefined],
    [null],
    [true],
    [30n],
    [['30s']],
    [{ valueOf: () => 30 }],
  ])('refuses %o as no duration', value => {
    expect(() => parseDurationMs('expiresIn', value)).toThrow(/^expiresIn: .* is not a duration; use /s)
  })

  it.each([[-1], [-Number.MIN_VALUE], [Number.MAX_VALUE], ['3650001d']])(
    'refuses %j as out of range',
    value => {
      expect(() => parseDurationMs('expiresIn', value)).toThrow(/^expiresIn: .* is out of range; use 0ms to /)
    },
  )

  it('accepts the limits themselves and nothing beyond', () => {
    const limits = { minMs: 1000, maxMs: 60_000 }
    expect(parseDurationMs('timeout', '1s', limits)).toBe(1000)
    expect(parseDurationMs('timeout', '1m', limits)).toBe(60_000)
    expect(() => parseDurationMs('timeout', '999ms', limits)).toThrow(
      "timeout: '999ms' is out of range; use 1s to 1m 0s",
    )
    expect(() => parseDurationMs('timeout', '60001ms', limits)).toThrow(OptionError)
  })

  it('names the option in the error', () => {
    const error = new OptionError('timeout', 'too long')
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({
      name: 'OptionError',
      code: 'ERR_OPTION',
      option: 'timeout',
      message: 'timeout: too long',
    })
  })

  it.each([
    ['soon', "'soon'"],
    [Number.NaN, 'NaN'],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'a value of type boolean'],
    [['30s'], 'a value of type object'],
  ])('says what %o was', (value, description) => {
    expect(() => parseDurationMs('timeout', value)).toThrow(`timeout: ${description} is not a duration`)
  })

  it('reads up to 32 characters', () => {
    expect(parseDurationMs('timeout', `${'1'.padStart(31, '0')}s`)).toBe(1000)
  })

  it('repeats no more than the beginning of a long value', () => {
    expect(() => parseDurationMs('timeout', 'x'.repeat(100_000))).toThrow(
      `timeout: '${'x'.repeat(40)}' is not a duration`,
    )
  })

  it('reads each decimal with up to three places as exact thousandths of its unit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 9_999_999 }), fc.constantFrom(...units), (thousandths, unit) => {
        const text = `${Math.floor(thousandths / 1000)}.${String(thousandths % 1000).padStart(3, '0')}`
        // The product of two integers below 2^53 is exact, so one division gives the nearest double.
        const expected = (thousandths * unitMs[unit]) / 1000
        expect(parseDurationMs('option', `${text}${unit}`)).toBe(expected)
        if (unit === 's') expect(parseDurationMs('option', Number(text))).toBe(expected)
      }),
    )
  })

  it('gives a duration in range or an OptionError, whatever it is given', () => {
    const nearly = fc.tuple(fc.double(), fc.constantFrom(...units, '', 'y')).map(([n, unit]) => `${n}${unit}`)
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), fc.double(), nearly), value => {
        let ms: number
        try {
          ms = parseDurationMs('option', value)
        } catch (error) {
          expect(error).toBeInstanceOf(OptionError)
          return
        }
        expect(ms).toBeGreaterThanOrEqual(0)
        expect(ms).toBeLessThanOrEqual(tenThousandYearsMs)
      }),
    )
  })
})

describe('formatDuration', () => {
  it.each([
    [0, '0ms'],
    [-0, '0ms'],
    [0.001234, '0.00123ms'],
    [1.236, '1.24ms'],
    [9.999, '10ms'],
    [12.4, '12ms'],
    [999.4, '999ms'],
    [999.5, '1s'],
    [1500, '1.5s'],
    [59_949, '59.9s'],
    [59_950, '1m 0s'],
    [180_000, '3m 0s'],
    [3_599_499, '59m 59s'],
    [3_599_500, '1h 0m'],
    [3_629_500, '1h 0m'],
    [7_500_000, '2h 5m'],
    [86_369_499, '23h 59m'],
    [86_370_000, '1d 0h'],
    [356_400_000, '4d 3h'],
    [-1500, '-1.5s'],
    [1e-6, '0.000001ms'],
    [1e-7, '0ms'],
    [-1e-7, '0ms'],
    [Number.POSITIVE_INFINITY, 'forever'],
    [Number.NEGATIVE_INFINITY, '-forever'],
    [Number.NaN, 'unknown'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  const anyMs = fc.oneof(
    fc.double({ min: 0, max: 10, noNaN: true }),
    fc.double({ min: 0, max: 100_000, noNaN: true }),
    fc.nat({ max: 200_000_000 }),
    fc.double({ min: 0, max: tenThousandYearsMs, noNaN: true }),
  )

  it('is off by at most half of its smallest unit, and no part reaches the next unit', () => {
    fc.assert(
      fc.property(anyMs, ms => {
        const { valueMs, halfUnitMs } = readBack(formatDuration(ms))
        expect(Math.abs(valueMs - ms)).toBeLessThanOrEqual(halfUnitMs * (1 + 1e-9))
      }),
    )
  })

  it('writes a negative duration as the positive one with a sign', () => {
    fc.assert(
      fc.property(
        anyMs.filter(ms => ms >= 1e-6),
        ms => {
          expect(formatDuration(-ms)).toBe(`-${formatDuration(ms)}`)
        },
      ),
    )
  })
})

/** What a formatted duration says, in ms, and half of the smallest step that it can show. */
function readBack(text: string): { valueMs: number; halfUnitMs: number } {
  const parts = text.split(' ').map(part => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(part)
    expect(match, text).not.toBeNull()
    return { count: Number(match?.[1]), unit: match?.[2] as keyof typeof unitMs }
  })
  const shape = parts.map(({ unit }) => unit).join(' ')
  expect(['ms', 's', 'm s', 'h m', 'd h'], text).toContain(shape)
  for (const { count, unit } of parts) {
    if (unit !== 'd') expect(count, text).toBeLessThan({ ms: 1000, s: 60, m: 60, h: 24, w: 1 }[unit])
  }
  const halfUnitMs = { ms: 0.5, s: 50, 'm s': 500, 'h m': 30_000, 'd h': 1_800_000 }[shape] ?? 0
  return { valueMs: parts.reduce((sum, { count, unit }) => sum + count * unitMs[unit], 0), halfUnitMs }
}
