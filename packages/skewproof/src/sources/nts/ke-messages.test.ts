import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SourceError } from '../../clock/source.ts'
import { decodeKeyResponse, encodeKeyRequest } from './ke-messages.ts'
import { decodeRecords, encodeRecords, type Record, recordType } from './records.ts'

const critical = true

function record(type: number, body: readonly number[], isCritical = false): Record {
  return { isCritical, type, body: Uint8Array.from(body) }
}

const protocol = record(recordType.nextProtocol, [0, 0], critical)
const algorithm = record(recordType.aeadAlgorithm, [0, 15], critical)
const end = record(recordType.endOfMessage, [], critical)
const cookie = record(recordType.newCookie, new Array<number>(100).fill(7))

function decode(...records: readonly Record[]) {
  return decodeKeyResponse(encodeRecords(records))
}

function refusal(message: Uint8Array): SourceError {
  try {
    decodeKeyResponse(message)
  } catch (error) {
    if (error instanceof SourceError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('a key establishment', () => {
  it('asks for NTPv4 and AEAD_AES_SIV_CMAC_256', () => {
    expect(Buffer.from(encodeKeyRequest()).toString('hex')).toBe('80010002000080040002000f80000000')
  })

  it('takes cookies, and a server where one is named', () => {
    expect(decode(protocol, algorithm, cookie, cookie, end)).toEqual({
      server: undefined,
      port: undefined,
      cookies: [cookie.body, cookie.body],
    })
    const server = record(recordType.ntpServer, [...Buffer.from('ntp.example.com')])
    const port = record(recordType.ntpPort, [0x04, 0xd2], critical)
    expect(decode(server, protocol, port, algorithm, cookie, end)).toMatchObject({
      server: 'ntp.example.com',
      port: 1234,
    })
  })

  it('waits for the End of Message, however the answer is cut', () => {
    const whole = encodeRecords([protocol, algorithm, cookie, end])
    for (let length = 0; length < whole.length; length++) {
      expect(decodeKeyResponse(whole.subarray(0, length))).toBeUndefined()
    }
    expect(decodeKeyResponse(whole)).toBeDefined()
  })

  it('ignores what it does not know, unless that is critical', () => {
    expect(decode(protocol, record(0x4000, [1, 2, 3]), algorithm, cookie, end)).toBeDefined()
    expect(refusal(encodeRecords([protocol, algorithm, cookie, record(8, [], critical), end]))).toMatchObject(
      {
        reason: 'unsupported',
        message: 'the key establishment has a critical record of the unknown type 8',
      },
    )
  })

  it.each([
    ['no protocol', [algorithm, cookie, end], 'malformed', /whether it uses NTPv4/],
    ['no algorithm', [protocol, cookie, end], 'malformed', /whether it uses AEAD/],
    ['no cookie', [protocol, algorithm, end], 'malformed', /no cookie/],
    ['two protocols', [protocol, protocol, algorithm, cookie, end], 'malformed', /two records of type 1/],
    ['a list of protocols', [record(1, [0, 0, 0, 1]), algorithm, cookie, end], 'malformed', /4 bytes/],
    ['another protocol', [record(1, [0, 1]), algorithm, cookie, end], 'malformed', /chooses 1/],
    ['none of the protocols', [record(1, []), algorithm, cookie, end], 'unsupported', /support NTPv4/],
    ['none of the algorithms', [protocol, record(4, []), cookie, end], 'unsupported', /support AEAD/],
    ['an algorithm not offered', [protocol, record(4, [0, 30]), cookie, end], 'malformed', /chooses 30/],
    ['an error', [record(2, [0, 1], critical), end], 'unsupported', /error 1: bad request/],
    ['an unknown error', [record(2, [9, 9]), end], 'unsupported', /error 2313: not a known one/],
    ['an error of no number', [record(2, []), end], 'malformed', /0 bytes/],
    ['a warning', [protocol, algorithm, cookie, record(3, [0, 0]), end], 'unsupported', /warning 0/],
    ['an empty cookie', [protocol, algorithm, record(5, []), end], 'malformed', /0 bytes/],
    [
      'a cookie of 11 bytes',
      [protocol, algorithm, record(5, Array(11).fill(1)), end],
      'malformed',
      /11 bytes/,
    ],
    [
      'a cookie of 14 bytes',
      [protocol, algorithm, record(5, Array(14).fill(1)), end],
      'malformed',
      /14 bytes/,
    ],
    ['a huge cookie', [protocol, algorithm, record(5, Array(1028).fill(1)), end], 'malformed', /1028 bytes/],
    ['port 0', [protocol, algorithm, cookie, record(7, [0, 0]), end], 'malformed', /port 0/],
    ['no server name', [protocol, algorithm, cookie, record(6, []), end], 'malformed', /NTP server/],
    ['a bad server name', [protocol, algorithm, cookie, record(6, [0x20]), end], 'malformed', /NTP server/],
    [
      'an end with a body',
      [protocol, algorithm, cookie, record(0, [1], critical)],
      'malformed',
      /End of Message/,
    ],
    [
      'an end that is not critical',
      [protocol, algorithm, cookie, record(0, [])],
      'malformed',
      /End of Message/,
    ],
    ['more after the end', [protocol, algorithm, cookie, end, cookie], 'malformed', /after its end/],
    ['too many records', [...Array<Record>(65).fill(record(9, [])), end], 'malformed', /64 records/],
  ] as const)('refuses %s', (_name, records, reason, message) => {
    const error = refusal(encodeRecords(records))
    expect(error.reason).toBe(reason)
    expect(error.message).toMatch(message)
  })

  it('refuses a message that never ends', () => {
    const large = record(9, new Array<number>(6000).fill(0))
    expect(refusal(encodeRecords([large, large, large]))).toMatchObject({ reason: 'malformed' })
    expect(decodeKeyResponse(encodeRecords([large, large]))).toBeUndefined()
  })

  it('throws nothing but SourceError, whatever it is given', () => {
    const anyRecord = fc.record({
      isCritical: fc.boolean(),
      type: fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 0x7fff })),
      body: fc.uint8Array({ maxLength: 120 }),
    })
    const messages = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(anyRecord, { maxLength: 70 }).map(records => encodeRecords([...records, end])),
    )
    fc.assert(
      fc.property(messages, message => {
        try {
          decodeKeyResponse(message)
        } catch (error) {
          expect(error).toBeInstanceOf(SourceError)
        }
      }),
      { numRuns: 400 },
    )
  })

  it('reads the records that it writes', () => {
    const records = fc.array(
      fc.record({
        isCritical: fc.boolean(),
        type: fc.integer({ min: 1, max: 0x7fff }),
        body: fc.uint8Array({ maxLength: 200 }),
      }),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(records, records => {
        expect(decodeRecords(encodeRecords([...records, end]))).toEqual(records)
      }),
    )
  })
})
