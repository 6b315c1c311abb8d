import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reportOn, type StoreReport, utcByView, viewInCommon } from './common-view.ts'

const limits = { driftPpm: 200, staleAfterMs: 60_000 }
const nowMs = 1_800_000_000_000

function report(node: string, offsetMs: number, errorMs: number, ageMs = 0): StoreReport {
  return { node, atStoreMs: nowMs - ageMs, offsetMs, errorMs }
}

describe('viewInCommon', () => {
  it('intersects what the nodes say of the store', () => {
    const reports = [report('c', 42, 5), report('a', 40, 5), report('b', 41, 1)]
    expect(viewInCommon(reports, nowMs, limits)).toEqual({
      kind: 'utc',
      offsetMs: 41,
      errorMs: 4,
      agreeing: ['a', 'b', 'c'],
      outvoted: [],
    })
  })

  it('names the node that the others outvote', () => {
    const reports = [report('a', 40, 5), report('liar', -180_000, 1), report('b', 41, 5)]
    expect(viewInCommon(reports, nowMs, limits)).toMatchObject({
      kind: 'utc',
      agreeing: ['a', 'b'],
      outvoted: ['liar'],
    })
  })

  it('does not guess between two', () => {
    expect(viewInCommon([report('b', 0, 5), report('a', 180_000, 5)], nowMs, limits)).toEqual({
      kind: 'undecidable',
      reporting: ['a', 'b'],
      isTie: true,
    })
  })

  it('is agreement without UTC when nobody reports, or nobody lately', () => {
    expect(viewInCommon([], nowMs, limits)).toEqual({ kind: 'agreement' })
    expect(viewInCommon([report('a', 40, 5, 60_001)], nowMs, limits)).toEqual({ kind: 'agreement' })
  })

  it('widens a report as it ages, by the drift of the store', () => {
    expect(viewInCommon([report('a', 40, 5, 50_000)], nowMs, limits)).toMatchObject({ errorMs: 15 })
  })

  it('passes over reports that cannot be used', () => {
    const bad = [report('x', Number.NaN, 1), report('y', 0, -1), report('z', 0, Number.POSITIVE_INFINITY)]
    expect(viewInCommon([report('a', 40, 5), ...bad], nowMs, limits)).toMatchObject({ agreeing: ['a'] })
  })
})

const ms = (max: number) => fc.double({ min: -max, max, noNaN: true })
// Instants of today are known to a quarter of a microsecond; bounds are far larger.
const share = ms(0.99)
const bound = fc.double({ min: 0.1, max: 500, noNaN: true })

describe('a node without UTC', () => {
  it('knows it within its bound through the store, whatever the store says, while most who report are honest', () => {
    fc.assert(
      fc.property(
        ms(1e7),
        fc.array(fc.record({ utcBound: bound, utcShare: share, trip: bound, tripShare: share, age: bound }), {
          minLength: 1,
          maxLength: 9,
        }),
        fc.array(fc.record({ offsetMs: ms(1e6), errorMs: bound }), { maxLength: 8 }),
        bound,
        share,
        (storeOffsetMs, honest, lies, trip, tripShare) => {
          // Each measures the store's clock and UTC, both wrong by as much as their bounds allow.
          const reports = honest.map(({ utcBound, utcShare, trip, tripShare, age }, index) => {
            const atMs = nowMs - age
            const store = { monotonicMs: 0, timeMs: atMs + storeOffsetMs + trip * tripShare, errorMs: trip }
            const utc = {
              timeMs: atMs + utcBound * utcShare,
              errorMs: utcBound,
              status: 'synchronized',
            } as const
            return reportOn(`honest ${index}`, store, utc)
          })
          const liars = lies
            .slice(0, honest.length - 1)
            .map((lie, index) => ({ node: `liar ${index}`, atStoreMs: nowMs + storeOffsetMs, ...lie }))
          const view = viewInCommon([...reports, ...liars], nowMs + storeOffsetMs, limits)
          if (view.kind !== 'utc') throw new Error(view.kind)
          const measured = {
            monotonicMs: 0,
            timeMs: nowMs + storeOffsetMs + trip * tripShare,
            errorMs: trip,
          }
          const { timeMs, errorMs } = utcByView(measured, view)
          expect(Math.abs(timeMs - nowMs)).toBeLessThanOrEqual(errorMs + 0.01)
          expect(view.outvoted.filter(node => node.startsWith('honest'))).toEqual([])
        },
      ),
    )
  })

  it('computes the same as every other, in whichever order it reads the reports', () => {
    const reports = fc.uniqueArray(
      fc.record({
        node: fc.string(),
        machine: fc.constantFrom('a', 'b', 'c'),
        atStoreMs: ms(1e5),
        offsetMs: ms(1000),
        errorMs: bound,
      }),
      { maxLength: 12, selector: ({ node }) => node },
    )
    fc.assert(
      fc.property(reports, reports => {
        expect(viewInCommon(reports.toReversed(), 0, limits)).toEqual(viewInCommon(reports, 0, limits))
      }),
    )
  })
})
