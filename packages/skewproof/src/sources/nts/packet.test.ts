import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SourceError } from '../../clock/source.ts'
import { loadAead } from './aead.ts'
import { decodeFields, encodeField, fieldType } from './fields.ts'
import { openReply, protectRequest } from './packet.ts'

const aead = await loadAead()
const key = new Uint8Array(32).fill(1)
const uniqueIdentifier = new Uint8Array(32).fill(2)
const nonce = new Uint8Array(16).fill(3)
const cookie = new Uint8Array(100).fill(4)
const header = new Uint8Array(48).fill(5)
const protection = { aead, key, uniqueIdentifier }

function request(wantedCookies: number, cookieBytes = 100): Uint8Array {
  const cookie = new Uint8Array(cookieBytes).fill(4)
  return protectRequest(header, { ...protection, nonce, cookie, wantedCookies })
}

function uint16s(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2)
  return bytes
}

const identifier = encodeField(fieldType.uniqueIdentifier, uniqueIdentifier)

interface ReplyParts {
  readonly before?: readonly Uint8Array[]
  readonly inside?: readonly Uint8Array[]
  readonly padding?: readonly number[]
  readonly nonce?: Uint8Array
}

/** A reply as a server makes it. */
function reply({
  before = [identifier],
  inside = [],
  padding = [],
  nonce = new Uint8Array(16).fill(6),
}: ReplyParts) {
  const associated = Buffer.concat([header, ...before])
  const sealed = aead.seal(key, nonce, associated, Buffer.concat(inside))
  const align = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
  const body = [uint16s(nonce.length, sealed.length), align(nonce), align(sealed), Uint8Array.from(padding)]
  return Buffer.concat([associated, encodeField(fieldType.authenticator, Buffer.concat(body))])
}

const cookieField = encodeField(fieldType.cookie, cookie)

function open(packet: Uint8Array) {
  return openReply(packet, header.length, protection)
}

function refusal(packet: Uint8Array): string {
  try {
    return open(packet).isAuthentic ? 'accepted' : 'unauthenticated'
  } catch (error) {
    if (error instanceof SourceError) return error.reason
    throw error
  }
}

describe('a request', () => {
  it('is the header, an identifier, a cookie, placeholders and an authenticator', () => {
    const packet = request(3)
    const fields = decodeFields(packet, header.length)
    expect(fields.map(({ type }) => type)).toEqual([0x0104, 0x0204, 0x0304, 0x0304, 0x0404])
    expect(fields.map(({ body }) => body.length)).toEqual([32, 100, 100, 100, 36])
    const authenticator = fields.at(-1)
    const sealed = authenticator?.body.slice(20) ?? new Uint8Array()
    expect(aead.open(key, nonce, packet.slice(0, authenticator?.offset), sealed)).toEqual(new Uint8Array())
  })

  it.each([
    [1, 100, 0],
    [8, 100, 7],
    [8, 164, 5],
    [8, 1024, 0],
  ])('that wants %i cookies of %i bytes has %i placeholders', (wanted, cookieBytes, placeholders) => {
    const packet = request(wanted, cookieBytes)
    const fields = decodeFields(packet, header.length)
    expect(fields.filter(({ type }) => type === fieldType.cookiePlaceholder).length).toBe(placeholders)
    expect(packet.length).toBeLessThanOrEqual(1232)
  })
})

describe('a reply', () => {
  it('gives its cookies, at most eight of them', () => {
    expect(open(reply({ inside: [cookieField] }))).toEqual({ isAuthentic: true, cookies: [cookie] })
    expect(open(reply({})).cookies).toEqual([])
    expect(open(reply({ inside: new Array<Uint8Array>(20).fill(cookieField) })).cookies.length).toBe(8)
  })

  it('ignores cookies that are not encrypted, and fields that it does not know', () => {
    const unknown = encodeField(0x7777, new Uint8Array(12))
    const packet = reply({ before: [unknown, cookieField, identifier], inside: [unknown, cookieField] })
    expect(open(packet).cookies).toEqual([cookie])
  })

  it('without an authenticator is not authentic', () => {
    expect(open(Buffer.concat([header, identifier]))).toEqual({ isAuthentic: false, cookies: [] })
  })

  it.each([1, 12, 13, 16, 17, 64])('may have a nonce of %i bytes', length => {
    expect(open(reply({ nonce: new Uint8Array(length).fill(9) })).isAuthentic).toBe(true)
  })

  it('is refused when any byte of it was changed', () => {
    // Its sealed part has a padding.
    const packet = reply({ inside: [cookieField], padding: [0, 0, 0, 0], nonce: new Uint8Array(13).fill(6) })
    expect(refusal(packet)).toBe('accepted')
    for (let at = 0; at < packet.length; at++) {
      for (const bit of [0x01, 0x80]) {
        const changed = Buffer.from(packet)
        changed.writeUInt8(packet.readUInt8(at) ^ bit, at)
        expect(refusal(changed), `byte ${at}`).toMatch(/^(unauthenticated|mismatched|malformed)$/)
      }
    }
  })

  it('is refused when it was cut, or lengthened', () => {
    const packet = reply({ inside: [cookieField] })
    for (let length = header.length; length < packet.length; length++) {
      expect(refusal(packet.subarray(0, length)), `${length} bytes`).not.toBe('accepted')
    }
    expect(refusal(Buffer.concat([packet, Buffer.alloc(4)]))).toBe('malformed')
    expect(refusal(Buffer.concat([packet, encodeField(0x7777, new Uint8Array(12))]))).toBe('malformed')
  })

  const other = encodeField(fieldType.uniqueIdentifier, new Uint8Array(32))
  const short = encodeField(fieldType.uniqueIdentifier, new Uint8Array(28).fill(2))
  it.each([
    ['nothing of NTS', header, 'unauthenticated'],
    ['no identifier', reply({ before: [] }), 'unauthenticated'],
    ["another request's identifier", reply({ before: [other] }), 'mismatched'],
    ['an identifier too short', reply({ before: [short] }), 'mismatched'],
    ['two identifiers', reply({ before: [identifier, identifier] }), 'mismatched'],
    ['an identifier of another besides', reply({ before: [identifier, other] }), 'mismatched'],
    ['bytes that are no field in the encrypted part', reply({ inside: [new Uint8Array(5)] }), 'malformed'],
    [
      'a cookie too small',
      reply({ inside: [encodeField(fieldType.cookie, new Uint8Array(8))] }),
      'malformed',
    ],
    ['padding that is not zero', reply({ padding: [0, 0, 0, 1] }), 'malformed'],
    ['an authenticator of no bytes', withAuthenticator([]), 'malformed'],
    [
      'an authenticator without nonce',
      withAuthenticator([0, 0, 0, 16, ...Array<number>(16).fill(0)]),
      'malformed',
    ],
    [
      'an authenticator without tag',
      withAuthenticator([0, 4, 0, 12, ...Array<number>(16).fill(0)]),
      'malformed',
    ],
    ['an authenticator with a long nonce', withAuthenticator([255, 255, 0, 16, 0, 0, 0, 0]), 'malformed'],
    ['an authenticator with a long tag', withAuthenticator([0, 4, 255, 255, 0, 0, 0, 0]), 'malformed'],
  ] as const)('with %s is refused', (_name, packet, reason) => {
    expect(refusal(packet)).toBe(reason)
  })

  it('with a field that is none is refused', () => {
    for (const length of [0, 3, 5, 8, 65_535]) {
      expect(refusal(Buffer.concat([header, uint16s(0x0104, length)]))).toBe('malformed')
    }
    expect(refusal(Buffer.concat([header, Buffer.alloc(3)]))).toBe('malformed')
  })

  it('throws nothing but SourceError, whatever it is, and opens for nobody without the key', () => {
    const field = fc
      .tuple(fc.constantFrom(...Object.values(fieldType), 1), fc.uint8Array({ maxLength: 40 }))
      .map(([type, body]) => encodeField(type, body))
    const packets = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.oneof(field, fc.constant(identifier)), { maxLength: 6 }).map(fields => {
        return Buffer.concat([header, ...fields])
      }),
    )
    fc.assert(
      fc.property(packets, packet => {
        try {
          expect(open(packet).isAuthentic).toBe(false)
        } catch (error) {
          expect(error).toBeInstanceOf(SourceError)
        }
      }),
      { numRuns: 400 },
    )
  })
})

function withAuthenticator(body: readonly number[]): Uint8Array {
  return Buffer.concat([header, identifier, encodeField(fieldType.authenticator, Uint8Array.from(body))])
}
