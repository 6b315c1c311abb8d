import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SourceError } from '../../clock/source.ts'
import { readTimeReply } from './time-reply.ts'

it.each([
  [['1795478400', '123456'], 1_795_478_400_123.456],
  [['1795478400', '7'], 1_795_478_400_000.007],
  [[Buffer.from('1795478400'), Buffer.from('0')], 1_795_478_400_000],
  [[1_795_478_400, 999_999], 1_795_478_400_999.999],
])('reads %j', (reply, timeMs) => {
  expect(readTimeReply(reply)).toBe(timeMs)
})

it.each([
  [undefined],
  [null],
  ['1795478400'],
  [[]],
  [['1795478400']],
  [['1795478400', '1', '2']],
  [['1795478400', '1000000']],
  [['-1', '0']],
  [['1e9', '0']],
  [[' 1', '0']],
  [['1.5', '0']],
  [['9'.repeat(13), '0']],
  [[Number.NaN, 0]],
  [[Number.POSITIVE_INFINITY, 0]],
  [[Buffer.alloc(1000, '1'), '0']],
  [[['1795478400'], '0']],
])('refuses %j', reply => {
  expect(() => readTimeReply(reply)).toThrow(SourceError)
})

it('reads or refuses whatever it is', () => {
  const pair = fc.tuple(fc.anything(), fc.anything())
  fc.assert(
    fc.property(fc.oneof(fc.anything(), pair), reply => {
      try {
        expect(readTimeReply(reply)).toBeGreaterThanOrEqual(0)
      } catch (error) {
        expect(error).toBeInstanceOf(SourceError)
      }
    }),
  )
})
