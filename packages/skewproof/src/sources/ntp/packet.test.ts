import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SourceError } from '../../clock/source.ts'
import { requireAnswer, sampleOf } from './answer.ts'
import { decodePacket, encodeRequest, type NtpPacket } from './packet.ts'

// Captured on loopback from chronyd 4.3 (`local stratum 2`, then without a reference), as answers to 48 bytes that begin with
// 23 and end with the transmit timestamp 0102030405060708.
const captured = {
  chronyd: '240200e700000000000000007f7f0101eeaf46a8018cc3130102030405060708eeaf46a98f08e61beeaf46a98f0f08e4',
  unsynchronized:
    'e40000e700010000000100000000000000000000000000000102030405060708eeaf46aabfa2a609eeaf46aabfa76f1e',
}
const nonce = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])

/** A packet as it should be: received at 1,800,000,000,000 and answered 1 ms later. */
const good: NtpPacket = {
  leap: 0,
  version: 4,
  mode: 4,
  stratum: 2,
  poll: 6,
  precisionMs: 0.001,
  rootDelayMs: 2,
  rootDispersionMs: 3,
  referenceId: Uint8Array.from([192, 0, 2, 1]),
  referenceTimeMs: 1_799_999_990_000,
  origin: nonce,
  receiveTimeMs: 1_800_000_000_000,
  transmitTimeMs: 1_800_000_000_001,
}
const roundTrip = { sentMs: 500, receivedMs: 511 }

describe('decodePacket', () => {
  it('reads what chronyd sends', () => {
    expect(decodePacket(Buffer.from(captured.chronyd, 'hex'))).toEqual({
      leap: 0,
      version: 4,
      mode: 4,
      stratum: 2,
      poll: 0,
      precisionMs: 1000 * 2 ** -25,
      rootDelayMs: 0,
      rootDispersionMs: 0,
      referenceId: Uint8Array.from([127, 127, 1, 1]),
      referenceTimeMs: Date.UTC(2026, 10, 23, 23, 11, 36) + (0x018cc313 * 1000) / 2 ** 32,
      origin: nonce,
      receiveTimeMs: Date.UTC(2026, 10, 23, 23, 11, 37) + (0x8f08e61b * 1000) / 2 ** 32,
      transmitTimeMs: Date.UTC(2026, 10, 23, 23, 11, 37) + (0x8f0f08e4 * 1000) / 2 ** 32,
    })
  })

  it('knows a chronyd that is not synchronised', () => {
    const packet = decodePacket(Buffer.from(captured.unsynchronized, 'hex'))
    expect(packet).toMatchObject({ leap: 3, stratum: 0, rootDelayMs: 1000, referenceTimeMs: undefined })
    expect(() => sampleOf(packet, roundTrip)).toThrow(expect.objectContaining({ reason: 'unsynchronized' }))
  })

  it.each([
    // RFC 5905, figure 4: the first day of era 1, and the last second before it.
    ['0000000080000000', Date.UTC(2036, 1, 7, 6, 28, 16, 500)],
    ['ffffffff00000000', Date.UTC(2036, 1, 7, 6, 28, 15)],
    // The window of 136 years begins with 2020.
    ['e1b65f8000000000', Date.UTC(2020, 0, 1)],
    ['e1b65f7f00000000', (1_577_836_799 + 2 ** 32) * 1000],
    ['0000000000000000', undefined],
  ])('reads the timestamp %s', (hex, expected) => {
    const packet = Buffer.alloc(48)
    packet.write(hex, 40, 'hex')
    expect(decodePacket(packet).transmitTimeMs).toBe(expected)
  })

  it('reads bytes of any kind, or says that they are too few', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), bytes => {
        if (bytes.length < 48) {
          expect(() => decodePacket(bytes)).toThrow(SourceError)
          return
        }
        const packet = decodePacket(bytes)
        expect(packet.rootDelayMs).toBeGreaterThanOrEqual(0)
        try {
          const { errorMs } = sampleOf(packet, roundTrip)
          expect(errorMs).toBeGreaterThanOrEqual(0)
        } catch (error) {
          expect(error).toBeInstanceOf(SourceError)
        }
      }),
    )
  })

  it('reads what it wrote', () => {
    const { mode, version, stratum, transmitTimeMs } = decodePacket(encodeRequest(nonce))
    expect({ mode, version, stratum }).toEqual({ mode: 3, version: 4, stratum: 0 })
    expect(transmitTimeMs).toBeDefined()
    expect(encodeRequest(nonce).subarray(40)).toEqual(nonce)
  })
})

describe('requireAnswer', () => {
  it('knows its own answer', () => {
    expect(() => requireAnswer(good, nonce)).not.toThrow()
  })

  it.each<[string, Partial<NtpPacket>]>([
    ['a request', { mode: 3 }],
    ['a broadcast', { mode: 5 }],
    ['version 2', { version: 2 }],
    ['another nonce', { origin: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 9]) }],
  ])('refuses %s', (_, change) => {
    expect(() => requireAnswer({ ...good, ...change }, nonce)).toThrow(
      expect.objectContaining({ reason: 'mismatched' }),
    )
  })
})

describe('sampleOf', () => {
  it("says what time it was when the request left, within the round trip and the server's distance", () => {
    const { monotonicMs, timeMs, errorMs } = sampleOf(good, roundTrip)
    expect([monotonicMs, timeMs]).toEqual([500, 1_800_000_000_000 - 5])
    expect(errorMs).toBeCloseTo(5 + 1 + 3 + 0.001, 9)
  })

  it('takes a delay that comes out below nothing for none', () => {
    const { timeMs } = sampleOf({ ...good, transmitTimeMs: 1_800_000_000_011.5 }, roundTrip)
    expect(timeMs).toBe(1_800_000_000_000)
  })

  const kiss = (code: string) => ({ stratum: 0, referenceId: Buffer.from(code, 'latin1') })
  it.each<[string, Partial<NtpPacket>, Partial<SourceError>]>([
    ['leap 3', { leap: 3 }, { reason: 'unsynchronized' }],
    ['stratum 16', { stratum: 16 }, { reason: 'unsynchronized' }],
    ['a root delay of 27 s', { rootDelayMs: 27_000, rootDispersionMs: 3000 }, { reason: 'unsynchronized' }],
    ['a resolution of two seconds', { precisionMs: 2000 }, { reason: 'unsynchronized' }],
    ['no reference time', { referenceTimeMs: undefined }, { reason: 'unsynchronized' }],
    ['an old reference', { referenceTimeMs: 1_799_868_000_000 }, { reason: 'unsynchronized' }],
    ['a future reference', { referenceTimeMs: 1_800_000_002_000 }, { reason: 'absurd' }],
    ['no time', { transmitTimeMs: undefined }, { reason: 'absurd' }],
    ['no receive time', { receiveTimeMs: undefined }, { reason: 'absurd' }],
    ['an answer before the question', { transmitTimeMs: 1_799_999_999_999 }, { reason: 'absurd' }],
    ['an answer that took too long', { transmitTimeMs: 1_800_000_000_013 }, { reason: 'absurd' }],
    ['zeros', kiss('\0\0\0\0'), { reason: 'unsynchronized' }],
    ['RATE', { ...kiss('RATE'), poll: 10 }, { reason: 'kiss-of-death', retryAfterMs: 1_024_000 }],
    ['RATE at once', { ...kiss('RATE'), poll: -6 }, { reason: 'kiss-of-death', retryAfterMs: 64_000 }],
    ['RATE never', { ...kiss('RATE'), poll: 127 }, { reason: 'kiss-of-death', retryAfterMs: 86_400_000 }],
    ['DENY', kiss('DENY'), { reason: 'kiss-of-death', retryAfterMs: 86_400_000 }],
    ['RSTR', kiss('RSTR'), { reason: 'kiss-of-death', retryAfterMs: 86_400_000 }],
    ['a code that asks for nothing', kiss('INIT'), { reason: 'unsynchronized', retryAfterMs: undefined }],
  ])('refuses %s', (_, change, error) => {
    expect(() => sampleOf({ ...good, ...change }, roundTrip)).toThrow(expect.objectContaining(error))
  })

  it('holds true time for any delays there and back and any error that the server admits', () => {
    const ms = (max: number) => fc.double({ min: 0, max, noNaN: true })
    fc.assert(
      fc.property(
        ms(2000),
        ms(50),
        ms(2000),
        ms(500),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (...values) => {
          const [there, processing, back, dispersion, share] = values
          const serverOffsetMs = dispersion * share
          const packet = {
            ...good,
            rootDelayMs: 0,
            rootDispersionMs: dispersion,
            receiveTimeMs: 1_800_000_000_000 + there + serverOffsetMs,
            transmitTimeMs: 1_800_000_000_000 + there + processing + serverOffsetMs,
          }
          const { monotonicMs, timeMs, errorMs } = sampleOf(packet, {
            sentMs: 77,
            receivedMs: 77 + there + processing + back,
          })
          expect(monotonicMs).toBe(77)
          expect(Math.abs(timeMs - 1_800_000_000_000)).toBeLessThanOrEqual(errorMs + 0.001)
        },
      ),
    )
  })
})
