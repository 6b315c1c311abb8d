import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { claimBlock, formatLists, parseLists, type StatusListRecord } from './lists.ts'
import { newSeed, shuffledIndices } from './order.ts'

vi.setConfig({ testTimeout: 60_000 })

const hourMs = 3_600_000
let count = 0

function newList(): { id: string; size: number; seed: string } {
  count += 1
  return { id: `list-${count}`, size: 1024, seed: 'seed' }
}

const claims = fc.array(
  fc.record({ spanMs: fc.constantFrom(hourMs, 24 * hourMs), afterMs: fc.nat({ max: hourMs }) }),
  { maxLength: 200 },
)

describe('claiming places', () => {
  it('gives no place twice, and none on a list that will be gone before its token', () => {
    fc.assert(
      fc.property(claims, sequence => {
        let lists: readonly StatusListRecord[] = []
        let nowMs = 0
        const given = new Set<string>()
        for (const { spanMs, afterMs } of sequence) {
          nowMs += afterMs
          const claimed = claimBlock(lists, spanMs, nowMs, newList)
          lists = parseLists(formatLists(claimed.lists))
          const { list, from, to } = claimed.block
          expect(to - from).toBe(8)
          expect(list.spanMs).toBe(spanMs)
          for (let place = from; place < to; place += 1) {
            expect(given.has(`${list.id} ${place}`)).toBe(false)
            given.add(`${list.id} ${place}`)
          }
          const later = claimBlock(lists, spanMs, nowMs + spanMs + 60_000, newList)
          expect(later.lists.map(({ id }) => id)).toContain(list.id)
        }
      }),
    )
  })

  it('fills a list before it opens another', () => {
    let lists: readonly StatusListRecord[] = []
    for (let block = 0; block < 129; block += 1) lists = claimBlock(lists, hourMs, 0, newList).lists
    expect(lists.map(({ claimed }) => claimed)).toEqual([1024, 8])
  })

  it('opens another when one has been open for its span, and forgets it when its tokens have died', () => {
    const first = claimBlock([], hourMs, 0, newList)
    const second = claimBlock(first.lists, hourMs, hourMs - 1, newList)
    expect(second.block).toMatchObject({ list: { id: first.block.list.id }, from: 8, to: 16 })
    const third = claimBlock(second.lists, hourMs, hourMs, newList)
    expect(third.block.list.id).not.toBe(first.block.list.id)
    expect(third.lists).toHaveLength(2)
    expect(claimBlock(third.lists, hourMs, 2 * hourMs + 299_999, newList).lists).toHaveLength(3)
    expect(claimBlock(third.lists, hourMs, 2 * hourMs + 300_000, newList).lists).toHaveLength(2)
  })

  it.each([
    'nonsense',
    '[]',
    '{}',
    '{"lists":{}}',
    '{"lists":[null]}',
    '{"lists":[{"id":"a","seed":"b","size":1024,"spanMs":1,"openedAtMs":1}]}',
    '{"lists":[{"id":"a","seed":"b","size":"1024","spanMs":1,"openedAtMs":1,"claimed":0}]}',
  ])('refuses a document that holds something else: %s', value => {
    expect(() => parseLists(value)).toThrow(expect.objectContaining({ code: 'ERR_STORE_UNAVAILABLE' }))
  })
})

describe('the order of a list', () => {
  it('has every place once, follows from the seed, and from nothing else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), size => {
        const seed = newSeed()
        const order = shuffledIndices(seed, size)
        expect([...order].sort((one, other) => one - other).every((index, at) => index === at)).toBe(true)
        expect(String(shuffledIndices(seed, size))).toBe(String(order))
      }),
    )
  })

  it('puts every place anywhere equally often', () => {
    const size = 8
    const rounds = 8000
    const seen = Array.from({ length: size }, () => new Array<number>(size).fill(0))
    for (let round = 0; round < rounds; round += 1) {
      // Seeds that are known, so that the result is.
      const seed = Buffer.alloc(32, `round ${round} `).toString('base64url')
      for (const [at, index] of shuffledIndices(seed, size).entries()) {
        const row = seen[at] ?? []
        row[index] = (row[index] ?? 0) + 1
      }
    }
    for (const times of seen.flat()) expect(Math.abs(times - rounds / size)).toBeLessThan(150)
  })
})
