import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  createStatusList,
  decodeStatusList,
  encodeStatusList,
  type StatusBits,
  setStatus,
  statusAt,
  statusCount,
} from './status-list.ts'

vi.setConfig({ testTimeout: 60_000 })

const bitSizes: readonly StatusBits[] = [1, 2, 4, 8]

/** A number of bits, and statuses that fit into them. */
const statuses = fc
  .constantFrom(...bitSizes)
  .chain(bits => fc.tuple(fc.constant(bits), fc.array(fc.nat({ max: 2 ** bits - 1 }), { maxLength: 300 })))

function claimOf(bytes: Uint8Array): { bits: 1; lst: string } {
  return { bits: 1, lst: Buffer.from(bytes).toString('base64url') }
}

describe('a status list', () => {
  it('holds what was set, and survives its encoding', () => {
    fc.assert(
      fc.property(statuses, ([bits, values]) => {
        const list = createStatusList(bits, values.length)
        for (const [index, value] of values.entries()) setStatus(list, index, value)
        const decoded = decodeStatusList(JSON.parse(JSON.stringify(encodeStatusList(list))))
        expect(decoded.bits).toBe(bits)
        expect(values.map((_, index) => statusAt(decoded, index))).toEqual(values)
        expect(statusCount(decoded)).toBe(Math.ceil((values.length * bits) / 8) * (8 / bits))
      }),
    )
  })

  it('changes no other status than the one that is set', () => {
    fc.assert(
      fc.property(statuses, fc.nat(), fc.nat(), ([bits, values], at, status) => {
        fc.pre(values.length > 0)
        const list = createStatusList(bits, values.length)
        for (const [index, value] of values.entries()) setStatus(list, index, value)
        const index = at % values.length
        const value = status % 2 ** bits
        setStatus(list, index, value)
        expect(values.map((_, other) => statusAt(list, other))).toEqual(values.with(index, value))
      }),
    )
  })

  it.each(bitSizes)('of %d bits has no place before its first and after its last', bits => {
    const list = createStatusList(bits, 64)
    expect(statusAt(list, 63)).toBe(0)
    for (const index of [-1, 64, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 2 ** 32]) {
      expect(statusAt(list, index)).toBeUndefined()
      expect(() => setStatus(list, index, 0)).toThrow(RangeError)
    }
  })

  it.each(bitSizes)('of %d bits takes no status that does not fit', bits => {
    const list = createStatusList(bits, 64)
    setStatus(list, 1, 2 ** bits - 1)
    for (const status of [-1, 2 ** bits, 0.5, Number.NaN]) {
      expect(() => setStatus(list, 1, status)).toThrow(RangeError)
    }
    expect(statusAt(list, 1)).toBe(2 ** bits - 1)
  })
})

describe('reading a status list', () => {
  const good = encodeStatusList(createStatusList(1, 1024))
  const packed = Buffer.from(good.lst, 'base64url')

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'eNrbuRgAAhcBXQ'],
    ['an array', []],
    ['no lst', { bits: 1 }],
    ['no bits', { lst: good.lst }],
    ['bits 3', { ...good, bits: 3 }],
    ['bits 0', { ...good, bits: 0 }],
    ['bits 16', { ...good, bits: 16 }],
    ['bits as a text', { ...good, bits: '1' }],
    ['lst as bytes', { ...good, lst: [1] }],
    ['an empty lst', { ...good, lst: '' }],
    ['padding', { ...good, lst: `${good.lst}=` }],
    ['the other alphabet', { ...good, lst: '+/+/' }],
    ['letters that are not ASCII', { ...good, lst: 'ä'.repeat(8) }],
    ['a list that is cut off', claimOf(packed.subarray(0, -1))],
    ['a list without its checksum', claimOf(packed.subarray(0, -4))],
    ['a wrong checksum', claimOf(Buffer.concat([packed.subarray(0, -4), Buffer.alloc(4)]))],
    ['raw DEFLATE', claimOf(deflateRawSync(Buffer.alloc(128)))],
    ['gzip', claimOf(gzipSync(Buffer.alloc(128)))],
    ['a preset dictionary', claimOf(deflateSync(Buffer.alloc(128), { dictionary: Buffer.alloc(32) }))],
  ])('refuses %s', (_, claim) => {
    expect(() => decodeStatusList(claim)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_MALFORMED' }))
  })

  it('decompresses no more than it may', () => {
    const bomb = claimOf(deflateSync(Buffer.alloc(20_000_000)))
    expect(bomb.lst.length).toBeLessThan(30_000)
    expect(() => decodeStatusList(bomb)).toThrow(/larger than 1048576 bytes/)
    const list = claimOf(deflateSync(Buffer.alloc(1000)))
    expect(decodeStatusList(list, 1000).bytes).toHaveLength(1000)
    expect(() => decodeStatusList(list, 999)).toThrow(/larger than 999 bytes/)
  })

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        try {
          expect(decodeStatusList(claimOf(bytes)).bits).toBe(1)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_TOKEN_MALFORMED' })
        }
      }),
    )
  })
})
