import { isUtf8 } from 'node:buffer'
import { TokenError } from '../errors.ts'
import { asciiScratch, type BinaryText, decodedLength, decodeInto, decodeToBinary } from './base64url.ts'

/** A token's size limit where none is given: what fits into one header line of common servers, in characters. */
export const defaultMaxTokenLength = 8192

/** The JOSE header of a token (RFC 7515, section 4). Only the named parameters have been checked. */
export interface JwsHeader {
  readonly alg: string
  readonly kid?: string
  readonly typ?: string
  readonly [parameter: string]: unknown
}

/** A compact JWS taken apart; nothing in it has been verified. */
export interface ParsedJws {
  readonly header: JwsHeader
  /** What is signed: the encoded header, a dot, and the encoded payload. */
  readonly signingInput: string
  readonly payload: Buffer
  readonly signature: Buffer
}

/** What a signature is verified of. */
export interface SignedParts {
  readonly header: JwsHeader
  readonly signed: Buffer
  readonly signature: Buffer
}

/** The same, for somebody who wants its claims. Its buffers are used again: they are good until the next token is split. */
export interface SplitToken extends SignedParts {
  readonly payload: BinaryText
}

/** A token taken apart; nothing in it has been verified. */
export interface DecodedToken extends ParsedJws {
  readonly claims: Record<string, unknown>
}

const maxParameterLength = 256

/**
 * Takes a compact JWS apart (RFC 7515, section 7.1), strictly: three parts that are not empty, canonical base64url, a
 * JSON object as header, no extensions. The payload may be anything.
 *
 * @throws TokenError `ERR_TOKEN_MALFORMED`
 */
export function parseJws(token: unknown, maxLength: number = defaultMaxTokenLength): ParsedJws {
  const { header, signed, payload, signature } = splitToken(token, maxLength)
  return {
    header,
    signingInput: signed.toString('latin1'),
    payload: Buffer.from(payload.binary, 'latin1'),
    signature: Buffer.from(signature),
  }
}

/**
 * As `parseJws`.
 *
 * @throws TokenError `ERR_TOKEN_MALFORMED`
 */
export function splitToken(token: unknown, maxLength: number): SplitToken {
  if (typeof token !== 'string') throw malformed('it is not a string')
  if (token.length > maxLength) throw malformed(`it is longer than ${maxLength} characters`)
  const firstDot = token.indexOf('.')
  const secondDot = token.indexOf('.', firstDot + 1)
  if (firstDot < 0 || secondDot < 0 || token.indexOf('.', secondDot + 1) >= 0) {
    throw malformed('a compact JWS has three parts, separated by dots')
  }
  const bytes = asciiScratch(token)
  if (bytes === undefined) throw malformed('it has characters that are not ASCII')
  return {
    header: parseHeader(token.slice(0, firstDot), bytes),
    signed: bytes.subarray(0, secondDot),
    payload: decodeText('payload', bytes, firstDot + 1, secondDot),
    signature: decodeSignature(bytes, secondDot + 1, token.length),
  }
}

/**
 * Reads a payload as a JSON object. Of members with one name the last counts, as RFC 7519, section 4, permits.
 *
 * @throws TokenError `ERR_TOKEN_MALFORMED`
 */
export function parsePayload(payload: Buffer): Record<string, unknown> {
  return parseObject(utf8TextOf(payload, 'payload'), 'payload')
}

/**
 * As `parsePayload`, of a token that was split.
 *
 * @throws TokenError `ERR_TOKEN_MALFORMED`
 */
export function parseClaims({ payload }: SplitToken): Record<string, unknown> {
  return parseObject(textOf(payload, 'payload'), 'payload')
}

/**
 * Takes a token apart, claims included, **without verifying anything**: for showing it to somebody.
 *
 * @throws TokenError `ERR_TOKEN_MALFORMED`
 */
export function decodeToken(token: unknown, maxLength: number = defaultMaxTokenLength): DecodedToken {
  const jws = parseJws(token, maxLength)
  return { ...jws, claims: parsePayload(jws.payload) }
}

// Nearly all tokens of a key share one header. What was read of the last few is kept, by the encoded text.
const headers = new Map<string, JwsHeader>()
const maxCachedHeaders = 32
const maxCachedHeaderLength = 512
let newest: { readonly encoded: string; readonly header: JwsHeader } | undefined

function parseHeader(encoded: string, token: Buffer): JwsHeader {
  // Comparing is cheaper than hashing.
  if (encoded === newest?.encoded) return newest.header
  const known = headers.get(encoded)
  if (known !== undefined) return known
  const header = checkHeader(
    parseObject(textOf(decodeText('header', token, 0, encoded.length), 'header'), 'header'),
  )
  if (encoded.length <= maxCachedHeaderLength && isFlat(header)) {
    if (headers.size >= maxCachedHeaders) headers.clear()
    // A copy: the slice would keep the whole token alive.
    newest = { encoded: Buffer.from(encoded, 'latin1').toString('latin1'), header }
    headers.set(newest.encoded, header)
  }
  return header
}

function checkHeader(header: Record<string, unknown>): JwsHeader {
  // RFC 7515, 4.1.11: an extension that is not understood and understood to be critical makes the JWS invalid.
  if (Object.hasOwn(header, 'crit')) {
    throw malformed('its header names critical extensions ("crit"), and none is supported')
  }
  if (Object.hasOwn(header, 'b64')) {
    throw malformed('its header has "b64" (RFC 7797), which a JWT may not use')
  }
  for (const name of ['alg', 'kid', 'typ']) checkParameter(header, name)
  if (!hasAlgorithm(header)) throw malformed('its header has no "alg"')
  return Object.freeze(header)
}

function checkParameter(header: Record<string, unknown>, name: string): void {
  if (!Object.hasOwn(header, name)) return
  const value = header[name]
  if (typeof value !== 'string' || value === '' || value.length > maxParameterLength) {
    throw malformed(`"${name}" in its header is not a string of 1 to ${maxParameterLength} characters`)
  }
}

function hasAlgorithm(header: Record<string, unknown>): header is JwsHeader {
  return Object.hasOwn(header, 'alg')
}

/** Freezing is shallow: a header with objects in it could be altered by whoever it was given to. */
function isFlat(header: JwsHeader): boolean {
  return Object.values(header).every(value => typeof value !== 'object')
}

function decodeText(name: string, token: Buffer, start: number, end: number): BinaryText {
  return requirePart(name, start < end, decodeToBinary(token, start, end))
}

/** Tokens mostly have a signature of one length. */
let signatureScratch = Buffer.allocUnsafe(0)

function decodeSignature(token: Buffer, start: number, end: number): Buffer {
  const length = decodedLength(end - start)
  if (signatureScratch.length !== length) signatureScratch = Buffer.allocUnsafe(length)
  const isDecoded = decodeInto(signatureScratch, token, start, end) >= 0
  return requirePart('signature', start < end, isDecoded ? signatureScratch : undefined)
}

function requirePart<T>(name: string, isThere: boolean, decoded: T | undefined): T {
  if (!isThere) throw malformed(`its ${name} is empty`)
  if (decoded === undefined) throw malformed(`its ${name} is not base64url`)
  return decoded
}

function textOf({ binary, isAscii }: BinaryText, name: string): string {
  return isAscii ? binary : utf8TextOf(Buffer.from(binary, 'latin1'), name)
}

function utf8TextOf(bytes: Buffer, name: string): string {
  if (!isUtf8(bytes)) throw malformed(`its ${name} is not UTF-8`)
  return bytes.toString('utf8')
}

function parseObject(text: string, name: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw malformed(`its ${name} is not JSON`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(`its ${name} is not a JSON object`)
  }
  return value as Record<string, unknown>
}

function malformed(problem: string): TokenError {
  return new TokenError('ERR_TOKEN_MALFORMED', `the token is malformed: ${problem}`)
}
