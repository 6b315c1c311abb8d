import { timingSafeEqual } from 'node:crypto'
import { SourceError } from '../../clock/source.ts'
import type { Aead } from './aead.ts'
import { maxCookies, requireCookie } from './cookies.ts'
import { decodeFields, type ExtensionField, encodeField, fieldHeaderBytes, fieldType } from './fields.ts'

export const uniqueIdentifierBytes = 32
export const sealNonceBytes = 16

/** A packet that passes every IPv6 network whole, without the headers of IPv6 and UDP. */
const maxPacketBytes = 1280 - 40 - 8
const authenticatorHeaderBytes = 4

export interface RequestProtection {
  readonly aead: Aead
  /** Client to server. */
  readonly key: Uint8Array
  /** Random, 32 bytes: the reply repeats it. */
  readonly uniqueIdentifier: Uint8Array
  /** Random, 16 bytes. */
  readonly nonce: Uint8Array
  readonly cookie: Uint8Array
  /** How many cookies are wanted back. */
  readonly wantedCookies: number
}

/** An NTP request with what makes it one of NTS (RFC 8915, section 5.7), given its header. */
export function protectRequest(header: Uint8Array, protection: RequestProtection): Uint8Array {
  const { aead, key, uniqueIdentifier, nonce, cookie, wantedCookies } = protection
  const first = [
    header,
    encodeField(fieldType.uniqueIdentifier, uniqueIdentifier),
    encodeField(fieldType.cookie, cookie),
  ]
  const authenticatorBytes = fieldHeaderBytes + authenticatorHeaderBytes + nonce.length + aead.tagBytes
  const placeholder = encodeField(fieldType.cookiePlaceholder, new Uint8Array(cookie.length))
  const room = maxPacketBytes - authenticatorBytes - first.reduce((bytes, { length }) => bytes + length, 0)
  const placeholders = Math.min(wantedCookies - 1, Math.floor(room / placeholder.length))
  const associated = Buffer.concat([...first, ...new Array<Uint8Array>(placeholders).fill(placeholder)])
  const sealed = aead.seal(key, nonce, associated, new Uint8Array())
  const lengths = Buffer.alloc(authenticatorHeaderBytes)
  lengths.writeUInt16BE(nonce.length, 0)
  lengths.writeUInt16BE(sealed.length, 2)
  const authenticator = encodeField(fieldType.authenticator, Buffer.concat([lengths, nonce, sealed]))
  return Buffer.concat([associated, authenticator])
}

export interface ReplyProtection {
  readonly aead: Aead
  /** Server to client. */
  readonly key: Uint8Array
  /** That of the request. */
  readonly uniqueIdentifier: Uint8Array
}

/** What is known of a reply before its header is looked at. */
export interface OpenedReply {
  /** Whether it comes from who has the key; otherwise nothing of it may be believed. */
  readonly isAuthentic: boolean
  /** New ones, from the encrypted part. */
  readonly cookies: readonly Uint8Array[]
}

/**
 * Authenticates a reply. One without an authenticator, such as an NTS NAK, is not authentic; all else that is wrong throws.
 *
 * @throws SourceError for a reply to another request, one that was changed, and one that is not well-formed
 */
export function openReply(packet: Uint8Array, headerBytes: number, protection: ReplyProtection): OpenedReply {
  const fields = decodeFields(packet, headerBytes)
  requireIdentifier(fields, protection.uniqueIdentifier)
  const index = fields.findIndex(({ type }) => type === fieldType.authenticator)
  const authenticator = fields[index]
  if (authenticator === undefined) return { isAuthentic: false, cookies: [] }
  if (index !== fields.length - 1) throw malformed('something after its authenticator')
  const { nonce, sealed } = decodeAuthenticator(authenticator.body, protection.aead)
  const associated = packet.slice(0, authenticator.offset)
  const plaintext = protection.aead.open(protection.key, nonce, associated, sealed)
  if (plaintext === undefined)
    throw new SourceError('unauthenticated', 'a reply that was changed, or sealed with another key')
  return { isAuthentic: true, cookies: readCookies(plaintext) }
}

function requireIdentifier(fields: readonly ExtensionField[], expected: Uint8Array): void {
  const [found, second] = fields.filter(({ type }) => type === fieldType.uniqueIdentifier)
  if (found === undefined) throw new SourceError('unauthenticated', 'a reply without what NTS adds')
  const isExpected = found.body.length === expected.length && timingSafeEqual(found.body, expected)
  if (!isExpected || second !== undefined) throw new SourceError('mismatched', 'a reply to another request')
}

/** Lengths, nonce and what was sealed, each with its padding (RFC 8915, section 5.6). Padding is zero: it is not sealed. */
function decodeAuthenticator(
  body: Uint8Array,
  { tagBytes }: Aead,
): { nonce: Uint8Array; sealed: Uint8Array } {
  if (body.length < authenticatorHeaderBytes) throw malformed('an authenticator that is too short')
  const bytes = Buffer.from(body)
  const nonceEnd = authenticatorHeaderBytes + bytes.readUInt16BE(0)
  const sealedStart = padded(nonceEnd)
  const sealedEnd = sealedStart + bytes.readUInt16BE(2)
  if (nonceEnd === authenticatorHeaderBytes || sealedEnd - sealedStart < tagBytes || sealedEnd > body.length)
    throw malformed('an authenticator whose lengths are wrong')
  const padding = [...body.subarray(nonceEnd, sealedStart), ...body.subarray(sealedEnd)]
  if (padding.some(byte => byte !== 0)) throw malformed('an authenticator with padding other than zeros')
  return {
    nonce: body.subarray(authenticatorHeaderBytes, nonceEnd),
    sealed: body.slice(sealedStart, sealedEnd),
  }
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4
}

function readCookies(plaintext: Uint8Array): readonly Uint8Array[] {
  const fields = decodeFields(plaintext, 0).filter(({ type }) => type === fieldType.cookie)
  const cookies = fields.slice(0, maxCookies).map(({ body }) => body)
  for (const cookie of cookies) requireCookie(cookie)
  return cookies
}

function malformed(what: string): SourceError {
  return new SourceError('malformed', `a reply with ${what}`)
}
