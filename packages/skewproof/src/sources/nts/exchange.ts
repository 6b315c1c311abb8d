import { randomBytes } from 'node:crypto'
import { SourceError } from '../../clock/source.ts'
import type { ReadReply, RoundTrip } from '../net/udp.ts'
import { requireAnswer } from '../ntp/answer.ts'
import { decodePacket, encodeRequest, headerBytes, type NtpPacket, nonceBytes } from '../ntp/packet.ts'
import type { Aead } from './aead.ts'
import type { Keys } from './key-establishment.ts'
import { openReply, protectRequest, sealNonceBytes, uniqueIdentifierBytes } from './packet.ts'

/** A reply of who has the key, to our request. */
export interface AuthenticReply {
  readonly packet: NtpPacket
  readonly cookies: readonly Uint8Array[]
  readonly roundTrip: RoundTrip
}

export interface ExchangeOptions {
  readonly aead: Aead
  readonly keys: Keys
  /** It must not have been used before. */
  readonly cookie: Uint8Array
  /** How many cookies are wanted back. */
  readonly wantedCookies: number
  /** Somebody who saw the request, perhaps the server, says that it does not know the cookie. */
  readonly onRefused: () => void
}

/** The kiss code of an NTS NAK (RFC 8915, section 5.7). */
const nakCode = 'NTSN'

/** A request, and how the reply to it is known from all that others send. */
export function prepareExchange({ aead, keys, cookie, wantedCookies, onRefused }: ExchangeOptions): {
  readonly request: Uint8Array
  readonly read: ReadReply<AuthenticReply>
} {
  const nonce = randomBytes(nonceBytes)
  const uniqueIdentifier = randomBytes(uniqueIdentifierBytes)
  const request = protectRequest(encodeRequest(nonce), {
    aead,
    key: keys.clientToServer,
    uniqueIdentifier,
    nonce: randomBytes(sealNonceBytes),
    cookie,
    wantedCookies,
  })
  const opening = { aead, key: keys.serverToClient, uniqueIdentifier }
  return {
    request,
    read(reply, roundTrip) {
      const packet = decodePacket(reply)
      const { isAuthentic, cookies } = openReply(reply, headerBytes, opening)
      requireAnswer(packet, nonce)
      if (isAuthentic) return { packet, cookies, roundTrip }
      const isNak = packet.stratum === 0 && Buffer.from(packet.referenceId).toString('latin1') === nakCode
      if (!isNak) throw new SourceError('unauthenticated', 'a reply without authenticator')
      onRefused()
      throw new SourceError(
        'unauthenticated',
        'a reply without authenticator: the cookie is not known (NTS NAK)',
      )
    },
  }
}
