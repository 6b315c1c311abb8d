import { expect, it } from 'vitest'
import { mix } from '../support/sequencer.ts'

it.each([
  [[], [], []],
  [['a'], [], ['a']],
  [
    ['a', 'b', 'c', 'd'],
    ['1', '2'],
    ['a', '1', 'b', 'c', '2', 'd'],
  ],
  [['a'], ['1', '2'], ['1', 'a', '2']],
])('spreads %j and %j evenly', (one, other, mixed) => {
  expect(mix(one, other)).toEqual(mixed)
})
