import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuse, type SourceInterval } from './fusion.ts'

function source(name: string, earliestMs: number, latestMs: number, votes = 1): SourceInterval {
  return { name, earliestMs, latestMs, votes }
}

describe('fuse', () => {
  it('says nothing of nothing, and believes a single source', () => {
    expect(fuse([])).toEqual({ kind: 'nothing' })
    expect(fuse([source('a', 1, 3)])).toMatchObject({ kind: 'agreement', earliestMs: 1, latestMs: 3 })
  })

  it('names one falseticker among four', () => {
    const liar = source('liar', 180_000, 180_002)
    expect(fuse([source('a', 0, 10), source('b', 5, 15), liar, source('c', 2, 8)])).toEqual({
      kind: 'agreement',
      earliestMs: 5,
      latestMs: 8,
      truechimers: ['a', 'b', 'c'],
      falsetickers: ['liar'],
    })
  })

  it('does not guess between two and two, nor between one and one', () => {
    const [a, b] = [source('a', 0, 1), source('b', 0, 1)]
    const [x, y] = [source('x', 9, 10), source('y', 9, 10)]
    expect(fuse([a, b, x, y])).toEqual({ kind: 'undecidable' })
    expect(fuse([a, x])).toEqual({ kind: 'undecidable' })
    expect(fuse([a, { ...x, votes: 2 }])).toMatchObject({ kind: 'agreement', falsetickers: ['a'] })
  })

  it('counts intervals that only touch as agreeing', () => {
    expect(fuse([source('a', 0, 5), source('b', 5, 9)])).toMatchObject({ earliestMs: 5, latestMs: 5 })
  })

  it('waits while too few have answered', () => {
    expect(fuse([source('a', 0, 1)], { silentVotes: 3 })).toEqual({ kind: 'nothing' })
    expect(fuse([source('a', 0, 1), source('b', 0, 1)], { silentVotes: 2 })).toEqual({ kind: 'nothing' })
    expect(fuse([source('a', 0, 2), source('b', 1, 3)], { silentVotes: 1 })).toMatchObject({
      earliestMs: 0,
      latestMs: 3,
    })
    expect(fuse([source('a', 0, 2), source('b', 8, 9)], { silentVotes: 1 })).toMatchObject({
      earliestMs: 0,
      latestMs: 9,
    })
  })

  it('decides without those that are gone, and covers what each of the others says who agree', () => {
    const [a, b, far] = [source('a', 0, 4), source('b', 3, 9), source('far', 500, 501)]
    expect(fuse([a, b], { goneVotes: 2 })).toMatchObject({ earliestMs: 0, latestMs: 9 })
    expect(fuse([a, b], { goneVotes: 1 })).toMatchObject({ earliestMs: 0, latestMs: 9 })
    expect(fuse([a, b, far], { goneVotes: 2 })).toMatchObject({
      earliestMs: 0,
      latestMs: 9,
      falsetickers: ['far'],
    })
    expect(fuse([a, b, far], { goneVotes: 1 })).toMatchObject({ earliestMs: 3, latestMs: 4 })
    expect(fuse([a, far], { goneVotes: 2 })).toEqual({ kind: 'undecidable' })
    expect(fuse([a], { goneVotes: 3 })).toMatchObject({ earliestMs: 0, latestMs: 4 })
    expect(fuse([], { goneVotes: 4 })).toEqual({ kind: 'nothing' })
  })

  const honest = fc.record({ before: fc.nat(1000), after: fc.nat(1000) })
  const liar = fc.record({ from: fc.integer({ min: -5000, max: 5000 }), length: fc.nat(3000) })

  it('holds true time whenever more than half are honest, also when some of them are silent', () => {
    fc.assert(
      fc.property(
        fc.array(honest, { minLength: 1, maxLength: 8 }),
        fc.array(liar, { maxLength: 7 }),
        fc.nat(7),
        (good, bad, silent) => {
          const liars = bad.slice(0, good.length - 1)
          const silentVotes = Math.min(silent, good.length - 1)
          const fusion = fuse(
            [
              ...good.slice(silentVotes).map(({ before, after }, id) => source(`good ${id}`, -before, after)),
              ...liars.map(({ from, length }, id) => source(`bad ${id}`, from, from + length)),
            ],
            { silentVotes },
          )
          expect(fusion.kind === 'agreement' || silentVotes > 0).toBe(true)
          if (fusion.kind !== 'agreement') return
          expect(fusion.earliestMs).toBeLessThanOrEqual(0)
          expect(fusion.latestMs).toBeGreaterThanOrEqual(0)
          expect(fusion.falsetickers.filter(name => name.startsWith('good'))).toEqual([])
        },
      ),
    )
  })

  it('holds true time when some are gone, while no more than half of those that answer lie', () => {
    fc.assert(
      fc.property(
        fc.array(honest, { minLength: 1, maxLength: 8 }),
        fc.array(liar, { maxLength: 7 }),
        fc.nat(7),
        (good, bad, gone) => {
          const goneVotes = Math.min(gone, good.length - 1)
          const answering = good.slice(goneVotes)
          const liars = bad.slice(0, Math.min(good.length - 1, answering.length))
          const fusion = fuse(
            [
              ...answering.map(({ before, after }, id) => source(`good ${id}`, -before, after)),
              ...liars.map(({ from, length }, id) => source(`bad ${id}`, from, from + length)),
            ],
            { goneVotes },
          )
          if (fusion.kind !== 'agreement') return
          expect(fusion.earliestMs).toBeLessThanOrEqual(0)
          expect(fusion.latestMs).toBeGreaterThanOrEqual(0)
          expect(fusion.falsetickers.filter(name => name.startsWith('good'))).toEqual([])
        },
      ),
    )
  })

  it('does not depend on the order of the sources', () => {
    fc.assert(
      fc.property(fc.array(liar, { minLength: 1, maxLength: 6 }), sources => {
        const intervals = sources.map(({ from, length }, id) => source(String(id), from, from + length))
        const [one, other] = [fuse(intervals), fuse(intervals.toReversed())]
        expect(other.kind).toBe(one.kind)
        if (one.kind === 'agreement' && other.kind === 'agreement') {
          expect([other.earliestMs, other.latestMs]).toEqual([one.earliestMs, one.latestMs])
        }
      }),
    )
  })
})
