import { SourceError } from '../../clock/source.ts'
import { readShortMs, readTimestampMs } from './timestamp.ts'

/** The header of an NTP packet (RFC 5905, 7.3), in ms. */
export interface NtpPacket {
  /** 3: the server is not synchronised. */
  readonly leap: number
  readonly version: number
  /** 4: a server's answer. */
  readonly mode: number
  /** 0: a kiss-o'-death, or not synchronised. */
  readonly stratum: number
  /** log2 of seconds. */
  readonly poll: number
  /** What the server's clock resolves, ms. */
  readonly precisionMs: number
  readonly rootDelayMs: number
  readonly rootDispersionMs: number
  /** An address, the name of a reference clock, or a kiss code. */
  readonly referenceId: Uint8Array
  /** When the server's clock was last corrected; `undefined`: never. Likewise below. */
  readonly referenceTimeMs: number | undefined
  /** What the client sent as its transmit timestamp. */
  readonly origin: Uint8Array
  readonly receiveTimeMs: number | undefined
  readonly transmitTimeMs: number | undefined
}

export const headerBytes = 48
/** The length of the client's transmit timestamp, which carries a nonce here. */
export const nonceBytes = 8
const clientMode = 3
const currentVersion = 4

/**
 * A client's request. Of the header only version and mode are set, and a nonce in place of the transmit timestamp: it says
 * nothing of this machine's clock, and a forger who does not see it cannot answer it (RFC 5905, 9.2; RFC 9109 in spirit).
 */
export function encodeRequest(nonce: Uint8Array): Uint8Array {
  if (nonce.length !== nonceBytes) throw new RangeError(`a nonce has ${nonceBytes} bytes`)
  const packet = new Uint8Array(headerBytes)
  packet[0] = (currentVersion << 3) | clientMode
  packet.set(nonce, 40)
  return packet
}

/**
 * Reads the header; what follows it (extension fields, a MAC) is not looked at.
 *
 * @throws SourceError `malformed` when it is too short
 */
export function decodePacket(bytes: Uint8Array): NtpPacket {
  if (bytes.length < headerBytes) {
    throw new SourceError(
      'malformed',
      `an NTP packet of ${bytes.length} bytes; it has at least ${headerBytes}`,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes)
  const flags = view.getUint8(0)
  return {
    leap: flags >> 6,
    version: (flags >> 3) & 7,
    mode: flags & 7,
    stratum: view.getUint8(1),
    poll: view.getInt8(2),
    precisionMs: 1000 * 2 ** view.getInt8(3),
    rootDelayMs: readShortMs(view, 4),
    rootDispersionMs: readShortMs(view, 8),
    referenceId: Uint8Array.from(bytes.subarray(12, 16)),
    referenceTimeMs: readTimestampMs(view, 16),
    origin: Uint8Array.from(bytes.subarray(24, 32)),
    receiveTimeMs: readTimestampMs(view, 32),
    transmitTimeMs: readTimestampMs(view, 40),
  }
}
