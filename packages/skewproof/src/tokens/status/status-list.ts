import { deflateSync, inflateSync } from 'node:zlib'
import { TokenError } from '../errors.ts'
import { asciiBytes, decodeBase64url } from '../jws/base64url.ts'

/** How many bits a status has. */
export type StatusBits = 1 | 2 | 4 | 8

/**
 * The statuses of many tokens: `bits` each, packed into bytes from the least significant bit on
 * (draft-ietf-oauth-status-list, section 4.1). 0 is valid, 1 is revoked, 2 is suspended.
 */
export interface StatusList {
  readonly bits: StatusBits
  readonly bytes: Uint8Array
}

/** The claim `status_list` of a Status List Token (section 4.2). */
export interface StatusListClaim {
  readonly bits: StatusBits
  /** The bytes, compressed by DEFLATE in the zlib format, as base64url. */
  readonly lst: string
}

/** The largest list that is read where no other limit is given, in bytes: eight million tokens of one bit. */
export const defaultMaxListBytes: number = 1024 * 1024

/** A list of at least `count` tokens, all of them valid. */
export function createStatusList(bits: StatusBits, count: number): StatusList {
  return { bits, bytes: new Uint8Array(Math.ceil((count * bits) / 8)) }
}

/** How many tokens the list has. */
export function statusCount({ bits, bytes }: StatusList): number {
  return (bytes.length * 8) / bits
}

/** The status of a token; `undefined` when there is no such place on the list. */
export function statusAt(list: StatusList, index: number): number | undefined {
  const place = findPlace(list, index)
  return place && (place.byte >> place.shift) & place.mask
}

/**
 * Sets the status of a token.
 *
 * @throws RangeError when there is no such place on the list, or the status does not fit into its bits
 */
export function setStatus(list: StatusList, index: number, status: number): void {
  const place = findPlace(list, index)
  if (place === undefined) throw new RangeError(`the list has no place ${index}`)
  const { at, byte, shift, mask } = place
  if (!Number.isInteger(status) || status < 0 || status > mask) {
    throw new RangeError(`the status ${status} does not fit into ${list.bits} bits`)
  }
  list.bytes[at] = (byte & ~(mask << shift)) | (status << shift)
}

/** The list as a claim, compressed as far as zlib can. */
export function encodeStatusList({ bits, bytes }: StatusList): StatusListClaim {
  return { bits, lst: deflateSync(bytes, { level: 9 }).toString('base64url') }
}

/**
 * Reads a list from a claim, whatever it holds.
 *
 * @param maxBytes refuses a list that is larger when decompressed, without decompressing more of it
 * @throws TokenError `ERR_TOKEN_MALFORMED`
 */
export function decodeStatusList(claim: unknown, maxBytes: number = defaultMaxListBytes): StatusList {
  if (typeof claim !== 'object' || claim === null || !('bits' in claim) || !('lst' in claim)) {
    throw malformed('it is not an object with "bits" and "lst"')
  }
  const { bits, lst } = claim
  if (bits !== 1 && bits !== 2 && bits !== 4 && bits !== 8) throw malformed('"bits" is not 1, 2, 4 or 8')
  if (typeof lst !== 'string' || lst === '') throw malformed('"lst" is not a string that is not empty')
  const text = asciiBytes(lst)
  const compressed = text && decodeBase64url(text, 0, text.length)
  if (compressed === undefined) throw malformed('"lst" is not base64url')
  return { bits, bytes: inflate(compressed, maxBytes) }
}

function inflate(compressed: Buffer, maxBytes: number): Uint8Array {
  try {
    return inflateSync(compressed, { maxOutputLength: maxBytes })
  } catch (error) {
    throw malformed(
      error instanceof RangeError ? `"lst" is larger than ${maxBytes} bytes` : '"lst" is not zlib data',
    )
  }
}

interface Place {
  /** Which byte it lies in, and what that holds. */
  readonly at: number
  readonly byte: number
  readonly shift: number
  readonly mask: number
}

function findPlace({ bits, bytes }: StatusList, index: number): Place | undefined {
  if (!Number.isInteger(index) || index < 0) return undefined
  const perByte = 8 / bits
  const at = Math.floor(index / perByte)
  const byte = bytes[at]
  return byte === undefined ? undefined : { at, byte, shift: (index % perByte) * bits, mask: (1 << bits) - 1 }
}

function malformed(problem: string): TokenError {
  return new TokenError('ERR_TOKEN_MALFORMED', `the status list is malformed: ${problem}`)
}
