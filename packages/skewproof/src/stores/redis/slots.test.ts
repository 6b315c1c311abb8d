import { expect, it } from 'vitest'
import { subjectTag } from '../../tokens/identifiers.ts'
import { partOf, shardTags, slotOf } from './slots.ts'

// As Redis 7.0 answers CLUSTER KEYSLOT.
it.each([
  ['', 0],
  ['0', 13_907],
  ['123456789', 12_739],
  ['{0}', 13_907],
  ['skewproof:{0}:s:{alice}', 13_907],
  ['{}', 15_257],
  ['{}{0}', 2268],
  ['a{0', 3755],
  ['ü', 9552],
])('%j lies in slot %d', (key, slot) => {
  expect(slotOf(key)).toBe(slot)
})

it('has one shard where Redis is no cluster, by the name that it always had', () => {
  expect(shardTags(1)).toEqual(['0'])
  for (const tag of ['', 'A', '_', 'ü', subjectTag('alice')]) expect(partOf(tag, 1)).toBe(0)
})

it('spreads shards evenly over the slots', () => {
  const slots = shardTags(16).map(tag => slotOf(`skewproof:{${tag}}:state`))
  expect(slots.map(slot => Math.floor(slot / 1024))).toEqual(slots.map((_, shard) => shard))
})

it('tells parts by what tags begin with', () => {
  expect(['AAAA', 'AAEA', 'Bxxx', '____', '', 'B'].map(tag => partOf(tag, 2 ** 16))).toEqual([
    0, 1, 1820, 65_535, 0, 1024,
  ])
})

it('spreads subjects evenly over shards', () => {
  const counts = new Map<number, number>()
  for (let number = 0; number < 16_000; number += 1) {
    const shard = partOf(subjectTag(`subject ${number}`), 16)
    counts.set(shard, (counts.get(shard) ?? 0) + 1)
  }
  expect(counts.size).toBe(16)
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(200)
})
