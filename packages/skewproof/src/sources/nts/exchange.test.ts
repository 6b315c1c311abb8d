import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SourceError } from '../../clock/source.ts'
import { headerBytes } from '../ntp/packet.ts'
import { loadAead } from './aead.ts'
import { prepareExchange } from './exchange.ts'
import { decodeFields, encodeField, fieldType } from './fields.ts'
import type { Keys } from './key-establishment.ts'

const aead = await loadAead()
const cookie = new Uint8Array(100).fill(1)
const keys: Keys = {
  clientToServer: new Uint8Array(32).fill(2),
  serverToClient: new Uint8Array(32).fill(3),
  cookies: [cookie],
  endpoint: { host: '127.0.0.1', port: 123 },
}
const roundTrip = { sentMs: 0, receivedMs: 10 }

/** A request, and the header and identifier of what answers it. */
function prepare() {
  const refusals: string[] = []
  const exchange = prepareExchange({
    aead,
    keys,
    cookie,
    wantedCookies: 1,
    onRefused: () => refusals.push('refused'),
  })
  const { request } = exchange
  const header = Buffer.alloc(headerBytes)
  header.writeUInt8((4 << 3) | 4, 0)
  header.writeUInt8(1, 1)
  header.set(request.subarray(40, 48), 24)
  const identifier = request.subarray(headerBytes, headerBytes + 36)
  const read = (reply: Uint8Array) => exchange.read(reply, roundTrip)
  return { request, read, header, identifier, refusals }
}

function nakOf(header: Buffer): Buffer {
  const nak = Buffer.from(header)
  nak.writeUInt8(0, 1)
  nak.write('NTSN', 12, 'latin1')
  return nak
}

/** As a server seals it. */
function sealed(start: Uint8Array, key: Uint8Array = keys.serverToClient): Buffer {
  const nonce = new Uint8Array(16).fill(4)
  const tag = aead.seal(key, nonce, start, encodeField(fieldType.cookie, cookie))
  const lengths = Buffer.from([0, nonce.length, 0, tag.length])
  return Buffer.concat([start, encodeField(fieldType.authenticator, Buffer.concat([lengths, nonce, tag]))])
}

describe('an exchange', () => {
  it('never sends the same nonces twice', () => {
    const parts = Array.from({ length: 50 }, () => {
      const { request } = prepare()
      const [identifier, , authenticator] = decodeFields(request, headerBytes)
      return [request.subarray(40, 48), identifier?.body, authenticator?.body.subarray(4, 20)]
    })
    for (const index of [0, 1, 2]) {
      const values = parts.map(part => Buffer.from(part[index] ?? []).toString('hex'))
      expect(new Set(values).size).toBe(50)
    }
  })

  it('takes the reply of who has the key', () => {
    const { read, header, identifier, refusals } = prepare()
    const reply = sealed(Buffer.concat([header, identifier]))
    expect(read(reply)).toMatchObject({ packet: { stratum: 1 }, cookies: [cookie], roundTrip })
    expect(refusals).toEqual([])
  })

  it('takes a refusal of who has the key, and does not act upon it as upon one of anybody', () => {
    const { read, header, identifier, refusals } = prepare()
    expect(read(sealed(Buffer.concat([nakOf(header), identifier])))).toMatchObject({ packet: { stratum: 0 } })
    expect(refusals).toEqual([])
  })

  it('ignores a refusal of anybody, and says that there was one', () => {
    const { read, header, identifier, refusals } = prepare()
    expect(() => read(Buffer.concat([nakOf(header), identifier]))).toThrow(/NTS NAK/)
    expect(refusals).toEqual(['refused'])
  })

  it('does not even hear the refusal of somebody who has not seen the request', () => {
    const { read, header, identifier, refusals } = prepare()
    const other = prepare()
    const reply = (header: Buffer, identifier: Uint8Array) => Buffer.concat([nakOf(header), identifier])
    expect(() => read(reply(other.header, identifier))).toThrow(/does not answer the request/)
    expect(() => read(reply(header, other.identifier))).toThrow(/another request/)
    expect(() => read(nakOf(header))).toThrow(/without what NTS adds/)
    expect(refusals).toEqual([])
  })

  it.each<[string, (parts: ReturnType<typeof prepare>) => Uint8Array]>([
    [
      'sealed with the key of the other direction',
      ({ header, identifier }) => {
        return sealed(Buffer.concat([header, identifier]), keys.clientToServer)
      },
    ],
    [
      'to another request, well sealed',
      ({ identifier }) => sealed(Buffer.concat([prepare().header, identifier])),
    ],
    [
      'with the identifier of another request',
      ({ header }) => {
        return sealed(Buffer.concat([header, prepare().identifier]))
      },
    ],
    [
      'of a client',
      ({ header, identifier }) => {
        const request = Buffer.from(header)
        request.writeUInt8((4 << 3) | 3, 0)
        return sealed(Buffer.concat([request, identifier]))
      },
    ],
    ['that is the request', ({ request }) => request],
    ['that is not sealed', ({ header, identifier }) => Buffer.concat([header, identifier])],
  ])('ignores a reply %s', (_name, make) => {
    const parts = prepare()
    expect(() => parts.read(make(parts))).toThrow(SourceError)
    expect(parts.refusals).toEqual([])
  })

  it('ignores whatever else comes, and throws nothing but SourceError', () => {
    const change = fc.record({
      at: fc.nat(400),
      remove: fc.nat(60),
      insert: fc.uint8Array({ maxLength: 60 }),
    })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), changes => {
        const { read, header, identifier } = prepare()
        const good = sealed(Buffer.concat([header, identifier]))
        let reply = good
        for (const { at, remove, insert } of changes) {
          reply = Buffer.concat([reply.subarray(0, at), insert, reply.subarray(at + remove)])
        }
        fc.pre(!reply.equals(good))
        expect(() => read(reply)).toThrow(SourceError)
      }),
      { numRuns: 200 },
    )
  })
})
