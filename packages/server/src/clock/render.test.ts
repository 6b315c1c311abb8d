import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatMs, formatOffset } from './format.ts'
import { type PlotPoint, renderPlot } from './plot.ts'
import { renderClock, renderLine } from './render.ts'
import type { ClockReport, SourceReport } from './report.ts'

const source: SourceReport = {
  name: 'chrony',
  status: 'selected',
  offsetMs: 0.012,
  errorMs: 1.234,
  ageMs: 4000,
  authenticated: false,
  lastError: null,
  errors: {},
}
const report: ClockReport = {
  timeMs: Date.UTC(2027, 0, 15, 8),
  errorMs: 1.2,
  status: 'synchronized',
  wallOffsetMs: -150_000.4,
  sources: [source],
}

describe('formatMs', () => {
  it.each([
    [0, '0.00 us'],
    [0.0123, '12.3 us'],
    [0.9994, '999 us'],
    [0.9996, '1.00 ms'],
    [12.34, '12.3 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [-150_000, '-150 s'],
  ])('writes %d as %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text)
  })

  it('writes an offset with its sign', () => {
    expect([formatOffset(5), formatOffset(-5), formatOffset(0)]).toEqual(['+5.00 ms', '-5.00 ms', '+0.00 us'])
  })
})

describe('renderClock', () => {
  it('says how wrong the wall clock is, and shows each source', () => {
    const failing: SourceReport = {
      ...source,
      name: 'sntp:192.0.2.1',
      status: 'unreachable',
      offsetMs: null,
      errorMs: null,
      ageMs: null,
      lastError: 'it did not answer in time',
      errors: { timeout: 3 },
    }
    expect(renderClock({ ...report, sources: [source, failing] })).toBe(
      [
        'time        2027-01-15T08:00:00.000Z  (within 1.20 ms)',
        'status      synchronized',
        'wall clock  150 s behind',
        '',
        '  source          status       offset    bound    age     errors',
        '* chrony          selected     +12.0 us  1.23 ms  4.00 s',
        '? sntp:192.0.2.1  unreachable  -         -        -       timeout 3 (it did not answer in time)',
      ].join('\n'),
    )
  })

  it.each<[Partial<ClockReport>, RegExp]>([
    [{ wallOffsetMs: 1 }, /1\.00 ms ahead, which is within the bound/],
    [
      { status: 'unsynchronized', sources: [{ ...source, status: 'pending' }] },
      /1 of 1 sources have answered, which is no majority/,
    ],
    [{ wallOffsetMs: null, errorMs: null, status: 'unsynchronized' }, /They agree, but within a bound/],
    [{ wallOffsetMs: null, sources: [] }, /No time source\. Run chronyd/],
    [
      { status: 'unsynchronized', sources: [{ ...source, status: 'undecidable' }] },
      /contradict each other, and none has a majority/,
    ],
    [{ status: 'unsynchronized', sources: [{ ...source, status: 'refused' }] }, /too large to be made/],
  ])('explains %j', (change, text) => {
    expect(renderClock({ ...report, ...change })).toMatch(text)
  })

  it('says the same in a line', () => {
    expect(renderLine(report)).toBe('2027-01-15T08:00:00.000Z  synchronized  offset -150 s  bound 1.20 ms')
    expect(renderLine({ ...report, wallOffsetMs: null, errorMs: null })).toMatch(/offset - {2}bound -$/)
  })
})

describe('renderPlot', () => {
  it('draws offsets within their bounds, on an axis that holds zero', () => {
    const points = [
      undefined,
      { offsetMs: 30, errorMs: 10 },
      { offsetMs: 20, errorMs: 0 },
      { offsetMs: -40, errorMs: 0 },
    ]
    expect(renderPlot(points, { width: 40, height: 9 })).toBe(
      [
        '  +40.0 ms  |',
        '            o',
        '            |o',
        '',
        '         0 ----',
        '',
        '',
        '',
        '  -40.0 ms    o',
      ].join('\n'),
    )
  })

  it('fits, whatever it is given', () => {
    const ms = fc.double({ min: -1e9, max: 1e9, noNaN: true })
    const point: fc.Arbitrary<PlotPoint> = fc.option(fc.record({ offsetMs: ms, errorMs: ms.map(Math.abs) }), {
      nil: undefined,
    })
    fc.assert(
      fc.property(fc.array(point, { maxLength: 60 }), fc.integer({ min: 12, max: 50 }), (points, width) => {
        const lines = renderPlot(points, { width, height: 9 }).split('\n')
        expect(lines).toHaveLength(9)
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
        const drawn = lines.join('').split('o').length - 1
        expect(drawn).toBe(points.slice(-(width - 11)).filter(entry => entry !== undefined).length)
      }),
    )
  })
})
