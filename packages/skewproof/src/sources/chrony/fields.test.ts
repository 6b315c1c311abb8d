import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAddress, readFloat, readInstantMs, referenceClockName } from './fields.ts'

function viewOf(hex: string): DataView {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
  return new DataView(bytes.buffer)
}

it.each([
  ['00000000', 0],
  ['12960000', 150],
  ['06a0000c', 2.500002861022949],
  // The edges of both parts.
  ['04800000', 1],
  ['0300ffff', 65535 / 2 ** 24 - 1],
  ['01ffffff', -1 / 2 ** 25],
  ['81000000', -(2 ** -65)],
  ['7effffff', (2 ** 24 - 1) * 2 ** 38],
  ['7f000000', -(2 ** 62)],
])('reads %s as %d', (hex, value) => {
  expect(readFloat(viewOf(hex), 0)).toBe(value)
})

it('reads every float as a finite number, exactly', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -64, max: 63 }),
      fc.integer({ min: -(2 ** 24), max: 2 ** 24 - 1 }),
      (exponent, coefficient) => {
        const view = new DataView(new ArrayBuffer(4))
        view.setUint32(0, ((exponent << 25) | (coefficient & 0x1ffffff)) >>> 0)
        // Adding 0 makes -0 the 0 that it stands for.
        expect(readFloat(view, 0) + 0).toBe(coefficient * 2 ** (exponent - 25) + 0)
      },
    ),
  )
})

it.each([
  ['000000006b04c9d8167dccc8', 1_795_475_928_377.3433],
  ['7fffffff6b04c9d800000000', 1_795_475_928_000],
  // 2040: more than 31 bits of seconds, and more than 32.
  ['0000000083aa7e8000000000', 2_208_988_800_000],
  ['000000010000000000000000', 4_294_967_296_000],
])('reads the instant %s', (hex, ms) => {
  expect(readInstantMs(viewOf(hex), 0)).toBeCloseTo(ms, 3)
})

describe('an address', () => {
  const of = (hex: string, family: number) => readAddress(viewOf(`${hex.padEnd(32, '0')}000${family}0000`), 0)

  it.each([
    ['7f000001', 1, '127.0.0.1'],
    ['c0000201', 1, '192.0.2.1'],
    ['00000000000000000000000000000001', 2, '::1'],
    ['00000000000000000000000000000000', 2, '::'],
    ['fe800000000000000000000000000000', 2, 'fe80::'],
    ['20010db8000000000001000000000001', 2, '2001:db8::1:0:0:1'],
    ['20010db8000100000002000300040005', 2, '2001:db8:1:0:2:3:4:5'],
    ['00010010010000000000100000000000', 2, '1:10:100::1000:0:0'],
  ])('%s of family %d is %s', (hex, family, text) => {
    expect(of(hex, family)).toBe(text)
  })

  it.each([0, 3, 9])('of family %d is none', family => {
    expect(of('7f000001', family)).toBeUndefined()
  })
})

it('names a reference clock by its printable characters', () => {
  expect(referenceClockName(0x50505300)).toBe('PPS')
  expect(referenceClockName(0x1b5b324a)).toBe('[2J')
})
