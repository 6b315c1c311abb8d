import { isUtf8 } from 'node:buffer'
import { TokenError } from '../errors.ts'

/** A token's size limit where none is given: what fits into one header line of common servers, in characters. */
export const defaultMaxTokenLength = 8192

/** The JOSE header of a token (RFC 7515, section 4), type-checked. */
export interface JwsHeader {
  readonly alg: string
  readonly kid: string | undefined
  readonly typ: string | undefined
}

/** A compact JWS taken apart; nothing in it has been verified. */
export interface ParsedJws {
  readonly header: JwsHeader
  /** What is signed: the encoded header, a dot, and the encoded payload. */
  readonly signingInput: string
  readonly payload: Buffer
  readonly signature: Buffer
}

const maxFieldLength = 256

/**
 * Takes a compact JWS apart (RFC 7515, section 7.1), strictly: three parts, canonical base64url, a JSON object as header,
 * no extensions.
 *
 * @throws TokenError `ERR_TOKEN_MALFORMED`
 */
export function parseJws(token: unknown, maxLength: number = defaultMaxTokenLength): ParsedJws {
  if (typeof token !== 'string') throw malformed('it is not a string')
  if (token.length > maxLength) throw malformed(`it is longer than ${maxLength} characters`)
  const firstDot = token.indexOf('.')
  const secondDot = token.indexOf('.', firstDot + 1)
  if (firstDot < 0 || secondDot < 0 || token.indexOf('.', secondDot + 1) >= 0) {
    throw malformed('a compact JWS has three parts, separated by dots')
  }
  return {
    header: parseHeader(token.slice(0, firstDot)),
    signingInput: token.slice(0, secondDot),
    payload: decodePart(token.slice(firstDot + 1, secondDot), 'payload'),
    signature: decodePart(token.slice(secondDot + 1), 'signature'),
  }
}

/**
 * Reads a payload as a JSON object. Of members with one name the last counts, as RFC 7519, section 4, permits.
 *
 * @throws TokenError `ERR_TOKEN_MALFORMED`
 */
export function parsePayload(payload: Buffer): Record<string, unknown> {
  return parseObject(payload, 'payload')
}

// Nearly all tokens of a key share one header. What was read of the last few is kept, by the encoded text.
const headers = new Map<string, JwsHeader>()
const maxHeaders = 32
const maxCachedHeaderLength = 512

function parseHeader(encoded: string): JwsHeader {
  const known = headers.get(encoded)
  if (known !== undefined) return known
  const header = readHeader(parseObject(decodePart(encoded, 'header'), 'header'))
  if (encoded.length <= maxCachedHeaderLength) {
    if (headers.size >= maxHeaders) headers.clear()
    headers.set(Buffer.from(encoded, 'latin1').toString('latin1'), header)
  }
  return header
}

function readHeader(header: Record<string, unknown>): JwsHeader {
  // RFC 7515, 4.1.11: an extension that is not understood and understood to be critical makes the JWS invalid.
  if (Object.hasOwn(header, 'crit'))
    throw malformed('its header names critical extensions ("crit"), and none is supported')
  if (Object.hasOwn(header, 'b64'))
    throw malformed('its header has "b64" (RFC 7797), which a JWT may not use')
  const alg = readField(header, 'alg')
  if (alg === undefined) throw malformed('its header has no "alg"')
  return { alg, kid: readField(header, 'kid'), typ: readField(header, 'typ') }
}

function readField(header: Record<string, unknown>, name: string): string | undefined {
  const value = Object.hasOwn(header, name) ? header[name] : undefined
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '' || value.length > maxFieldLength) {
    throw malformed(`"${name}" in its header is not a string of 1 to ${maxFieldLength} characters`)
  }
  return value
}

function decodePart(encoded: string, name: string): Buffer {
  const bytes = Buffer.from(encoded, 'base64url')
  // Node's decoder forgives padding, line breaks, the other alphabet and stray bits; encoding again finds them all.
  if (encoded === '' || bytes.toString('base64url') !== encoded)
    throw malformed(`its ${name} is not base64url`)
  return bytes
}

function parseObject(bytes: Buffer, name: string): Record<string, unknown> {
  if (!isUtf8(bytes)) throw malformed(`its ${name} is not UTF-8`)
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
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
