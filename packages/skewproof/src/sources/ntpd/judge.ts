import { SourceError, type TimeSample } from '../../clock/source.ts'
import type { NtpdPeer, NtpdSystem, Observation } from './report.ts'

const unsynchronizedLeap = 3
const maxStratum = 15
/** RFC 5905, MAXDISP: whoever is further from its reference knows nothing. */
const maxDistanceMs = 16_000
/** The driver of ntpd that serves this machine's own clock. */
const ownClock = /^127\.127\.1\.\d+$/
/** How wrong an oscillator may be that ntpd thinks it knows, ppm: its own figure, 15, is an assumption. */
const minDriftPpm = 50
/** ntpd has lost its server when it has not heard of it for so many polls, and for so long. */
const pollsUntilStale = 4
const minStaleMs = 300_000
/** An answer may have come after ntpd looked at its clock. */
const slackMs = 1000

/**
 * True time, from what ntpd says of the clock that it keeps and of the server that it follows. This process's own wall clock
 * is not looked at.
 *
 * The offset that ntpd measured is worked off slowly, or at once, or not at all, which it does not tell: what the clock
 * lacks now lies between nothing and that offset, and the bound holds both ends. As slewing moves the monotonic clock as
 * well, that is also what the time that is extrapolated from the sample will lack later.
 *
 * @throws SourceError with the reason `unsynchronized` while ntpd does not know the time, `absurd` when it contradicts itself
 */
export function sampleOf({ system, peer, roundTrip }: Observation): TimeSample {
  const { clockMs, receivedMs } = requireSynchronized(system, peer)
  const driftPpm = Math.max(minDriftPpm, Math.abs(system.frequencyPpm))
  const ageMs = requireFresh(peer, clockMs - receivedMs)
  // RFC 5905, appendix A.5.5.2, with a larger drift.
  const distanceMs =
    (peer.delayMs + peer.rootDelayMs) / 2 +
    peer.dispersionMs +
    peer.rootDispersionMs +
    peer.jitterMs +
    ageMs * driftPpm * 1e-6
  if (!(distanceMs <= maxDistanceMs)) throw unsynchronized('its server is too far from a reference')
  const corrections = [0, system.correctionMs, peer.correctionMs]
  const [leastMs, mostMs] = [Math.min(...corrections), Math.max(...corrections)]
  const roundTripMs = roundTrip.receivedMs - roundTrip.sentMs
  return {
    monotonicMs: roundTrip.sentMs,
    timeMs: clockMs - roundTripMs / 2 + (leastMs + mostMs) / 2,
    errorMs: (mostMs - leastMs) / 2 + distanceMs + roundTripMs / 2,
    driftPpm,
  }
}

function requireSynchronized(
  { leap, stratum, referenceId, referenceTimeMs, clockMs }: NtpdSystem,
  peer: NtpdPeer,
): { clockMs: number; receivedMs: number } {
  const { address, reachability, receivedMs, delayMs, dispersionMs, jitterMs } = peer
  if (leap === unsynchronizedLeap || stratum < 1 || stratum > maxStratum || referenceTimeMs === undefined) {
    throw unsynchronized(`it is not synchronised (${printable(referenceId)})`)
  }
  if (ownClock.test(address)) throw unsynchronized("it serves this machine's own clock (refclock local)")
  if (reachability === 0 || receivedMs === undefined) throw unsynchronized('its server does not answer')
  if (clockMs === undefined) throw absurd('it does not say what its clock shows')
  const lengths = [delayMs, dispersionMs, jitterMs, peer.rootDelayMs, peer.rootDispersionMs]
  if (!lengths.every(ms => ms >= 0)) throw absurd('it says that a delay or a dispersion is negative')
  return { clockMs, receivedMs }
}

/** An ntpd whose server is silent goes on for eight polls. */
function requireFresh({ pollSeconds }: NtpdPeer, ageMs: number): number {
  if (ageMs < -slackMs) throw absurd('its server will answer in the future: was the clock set back?')
  if (ageMs > Math.max(minStaleMs, pollsUntilStale * pollSeconds * 1000)) {
    throw unsynchronized(`its server last answered ${Math.round(ageMs / 1000)} s ago`)
  }
  return Math.max(0, ageMs)
}

function printable(text: string): string {
  return text.slice(0, 40).replaceAll(/[^\x21-\x7e]/g, '?')
}

function unsynchronized(why: string): SourceError {
  return new SourceError('unsynchronized', `ntpd cannot be relied on: ${why}`)
}

function absurd(why: string): SourceError {
  return new SourceError('absurd', `ntpd's answer cannot be used: ${why}`)
}
