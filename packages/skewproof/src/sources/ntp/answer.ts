import { SourceError, type TimeSample } from '../../clock/source.ts'
import type { RoundTrip } from '../net/udp.ts'
import type { NtpPacket } from './packet.ts'

const serverMode = 4
const unsynchronizedLeap = 3
const maxStratum = 15
/** RFC 5905, MAXDISP: whoever is further from its reference knows nothing. */
const maxRootDistanceMs = 16_000
/** A server that has not been corrected for a day and a half runs on its own (2^17 s). */
const maxReferenceAgeMs = 131_072_000
/** A server may say that it took a little longer than the whole round trip: its clock is being slewed. */
const toleranceMs = 1
const dayMs = 86_400_000

/**
 * Whether a packet answers the request that carried `nonce`.
 *
 * @throws SourceError `mismatched` when it does not
 */
export function requireAnswer(packet: NtpPacket, nonce: Uint8Array): void {
  if (packet.mode !== serverMode) throw new SourceError('mismatched', `an NTP packet of mode ${packet.mode}`)
  if (packet.version < 3 || packet.version > 4)
    throw new SourceError('mismatched', `an NTP packet of version ${packet.version}`)
  if (!packet.origin.every((byte, index) => byte === nonce[index]))
    throw new SourceError('mismatched', 'an NTP packet that does not answer the request')
}

/**
 * What an answer says of true time at the instant that the request was sent.
 *
 * The request took between nothing and `delay` to get there, so that true time was then between `delay` before the server
 * received it and that very instant; and the server's clock is off by its root distance at most (RFC 5905, 8 and 11.2.1).
 * Being about the earlier instant, the sample covers the drift during the round trip, too.
 *
 * @throws SourceError when the server refuses (kiss-o'-death), does not know the time, or contradicts itself
 */
export function sampleOf(packet: NtpPacket, { sentMs, receivedMs }: RoundTrip): TimeSample {
  const { receiveTimeMs, transmitTimeMs } = requireSynchronized(packet)
  const processingMs = transmitTimeMs - receiveTimeMs
  const roundTripMs = receivedMs - sentMs
  if (processingMs < 0) throw new SourceError('absurd', 'the server answered before it was asked')
  if (processingMs > roundTripMs + toleranceMs)
    throw new SourceError('absurd', 'the server says that it took longer to answer than it took')
  const delayMs = Math.max(0, roundTripMs - processingMs)
  return {
    monotonicMs: sentMs,
    timeMs: receiveTimeMs - delayMs / 2,
    errorMs: delayMs / 2 + rootDistanceMs(packet) + packet.precisionMs,
  }
}

function rootDistanceMs({ rootDelayMs, rootDispersionMs }: NtpPacket): number {
  return rootDelayMs / 2 + rootDispersionMs
}

function requireSynchronized(packet: NtpPacket): { receiveTimeMs: number; transmitTimeMs: number } {
  const { leap, stratum, precisionMs, referenceTimeMs, receiveTimeMs, transmitTimeMs } = packet
  if (stratum === 0) refuseStratum0(packet)
  if (leap === unsynchronizedLeap || stratum > maxStratum)
    throw new SourceError('unsynchronized', 'the server is not synchronised')
  if (receiveTimeMs === undefined || transmitTimeMs === undefined)
    throw new SourceError('absurd', 'the server sends no time')
  if (rootDistanceMs(packet) > maxRootDistanceMs || precisionMs > 1000)
    throw new SourceError('unsynchronized', 'the server is too far from its reference')
  const referenceAgeMs = transmitTimeMs - (referenceTimeMs ?? Number.NEGATIVE_INFINITY)
  if (referenceAgeMs > maxReferenceAgeMs)
    throw new SourceError('unsynchronized', 'the server was last corrected too long ago')
  if (referenceAgeMs < -1000)
    throw new SourceError('absurd', 'the server says that it will be corrected in the future')
  return { receiveTimeMs, transmitTimeMs }
}

/**
 * A kiss-o'-death. Three codes ask to be left alone; all others only say why the server has no time (RFC 5905, 7.4), as
 * ntpd's `INIT` and chronyd's zeros do.
 */
function refuseStratum0({ referenceId, poll }: NtpPacket): never {
  const code = String.fromCharCode(...referenceId)
  if (code !== 'RATE' && code !== 'DENY' && code !== 'RSTR')
    throw new SourceError('unsynchronized', 'the server is not synchronised')
  throw new SourceError('kiss-of-death', `the server refuses: ${code}`, {
    retryAfterMs: code === 'RATE' ? rateLimitMs(poll) : dayMs,
  })
}

/** How far apart the server wants its polls; at least a minute, at most a day. */
function rateLimitMs(poll: number): number {
  return Math.min(dayMs, Math.max(64_000, 1000 * 2 ** poll))
}
