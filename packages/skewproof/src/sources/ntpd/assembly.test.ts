import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SourceError } from '../../clock/source.ts'
import { Assembly } from './assembly.ts'
import type { Fragment } from './message.ts'

function fragment(offset: number, text: string, hasMore: boolean): Fragment {
  return { offset, data: Uint8Array.from(Buffer.from(text)), hasMore }
}

/** A whole, cut at random places. */
const cutWhole = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 2000 }), fc.array(fc.nat(2000), { maxLength: 20 }))
  .map(([whole, cuts]) => {
    const inner = cuts.filter(cut => cut > 0 && cut < whole.length)
    const edges = [...new Set([0, ...inner, whole.length])].sort((a, b) => a - b)
    const fragments = edges.slice(0, -1).map((offset, index) => {
      const end = edges[index + 1] ?? whole.length
      return { offset, data: whole.subarray(offset, end), hasMore: end < whole.length }
    })
    return { whole, fragments }
  })

it('is whole with the last fragment that was missing, in any order and with repetitions', () => {
  const shuffled = cutWhole.chain(({ whole, fragments }) =>
    fc.record({
      whole: fc.constant(whole),
      first: fc.shuffledSubarray(fragments),
      all: fc.shuffledSubarray(fragments, { minLength: fragments.length }),
    }),
  )
  fc.assert(
    fc.property(shuffled, ({ whole, first, all }) => {
      const assembly = new Assembly()
      const answers = [...first, ...all]
        .map(next => assembly.add(next))
        .filter(answer => answer !== undefined)
      expect(answers).toEqual([whole])
    }),
  )
})

it('never holds anything but the true bytes together with fragments that fit them', () => {
  const forged = fc.record({
    offset: fc.nat(5000),
    data: fc.uint8Array({ maxLength: 500 }),
    hasMore: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(forged, { maxLength: 60 }), fragments => {
      const assembly = new Assembly()
      for (const next of fragments) {
        try {
          const answer = assembly.add(next)
          if (answer === undefined) continue
          expect(answer.length).toBeLessThanOrEqual(4096)
          return
        } catch (error) {
          expect(error).toBeInstanceOf(SourceError)
        }
      }
    }),
  )
})

it('waits for what is missing at the front, in the middle, at the end', () => {
  const parts = [fragment(0, 'ab', true), fragment(2, 'cd', true), fragment(4, 'ef', false)] as const
  for (const missing of parts) {
    const assembly = new Assembly()
    for (const part of parts) if (part !== missing) expect(assembly.add(part)).toBeUndefined()
    expect(Buffer.from(assembly.add(missing) ?? []).toString()).toBe('abcdef')
  }
})

it('knows an answer without data', () => {
  expect(new Assembly().add(fragment(0, '', false))).toEqual(new Uint8Array())
})

it.each([
  ['overlap', fragment(1, 'xy', true)],
  ['hold other data for one place', fragment(0, 'ax', true)],
  ['say otherwise whether there is more', fragment(0, 'ab', false)],
  ['begin before another one and reach into it', fragment(3, 'xyz', true)],
  ['lie beyond the end', fragment(6, 'gh', true)],
  ['end a second time', fragment(6, 'gh', false)],
  ['have no data', fragment(2, '', true)],
  ['lie far beyond', fragment(4000, 'x'.repeat(97), false)],
])('leaves out fragments that %s', (_, wrong) => {
  const assembly = new Assembly()
  assembly.add(fragment(0, 'ab', true))
  assembly.add(fragment(4, 'ef', false))
  expect(() => assembly.add(wrong)).toThrow(expect.objectContaining({ reason: 'malformed' }))
  expect(Buffer.from(assembly.add(fragment(2, 'cd', true)) ?? []).toString()).toBe('abcdef')
})

it('leaves out an end that lies before what is there, and more fragments than any answer has', () => {
  const assembly = new Assembly()
  assembly.add(fragment(4, 'ef', true))
  expect(() => assembly.add(fragment(2, 'cd', false))).toThrow(SourceError)
  const many = new Assembly()
  for (let index = 0; index < 32; index += 1) many.add(fragment(2 * index, 'x', true))
  expect(() => many.add(fragment(64, 'x', true))).toThrow(SourceError)
})
