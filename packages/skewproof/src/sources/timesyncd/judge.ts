import { SourceError, type TimeSample } from '../../clock/source.ts'
import { type WallReading, wallBetween } from '../wall.ts'
import { correctionMsOf, delayMsOf, type TimesyncdReport } from './report.ts'

/** What timesyncd says, and this process's wall clock before and after it said so. */
export interface Observation {
  readonly report: TimesyncdReport
  readonly before: WallReading
  readonly after: WallReading
}

const unsynchronizedLeap = 3
const maxStratum = 15
/** RFC 5905, MAXDISP: whoever is further from its reference knows nothing. */
const maxDistanceMs = 16_000
/** How wrong an oscillator may be that nothing is known of, ppm. */
const maxOscillatorPpm = 100
/** timesyncd has lost its server when it has not heard of it for so many polls, and for so long. */
const pollsUntilStale = 4
const minStaleMs = 300_000
/** A server may say that it took a little longer than the whole round trip: the clock is being slewed. */
const slackMs = 1
/** The four times are cut to whole microseconds. */
const resolutionMs = 0.002

/**
 * True time, from the last answer that timesyncd took in: this process must have the wall clock that it keeps.
 *
 * timesyncd has the kernel work off what the answer showed, slowly, or sets the clock at once, and takes no notice of how far
 * that has come: what the clock lacks now lies between nothing and the offset, and the bound holds both ends. As slewing
 * moves the monotonic clock as well, that is also what the time that is extrapolated from the sample will lack later.
 *
 * @throws SourceError with the reason `unsynchronized` while timesyncd does not know the time, `absurd` when what it says does
 * not fit this process's wall clock
 */
export function sampleOf({ report, before, after }: Observation): TimeSample & { readonly driftPpm: number } {
  requireSynchronized(report)
  const correctionMs = correctionMsOf(report)
  const [leastMs, mostMs] = [Math.min(0, correctionMs), Math.max(0, correctionMs)]
  const { monotonicMs, earliestMs, latestMs } = wallBetween(before, after)
  const ageMs = requireFresh(report, latestMs - report.destinationMs - leastMs)
  // The correction of the frequency follows from a few answers: it may be wrong by all of itself.
  const driftPpm = maxOscillatorPpm + Math.abs(report.frequencyPpm)
  const distanceMs =
    Math.max(0, delayMsOf(report)) / 2 +
    report.rootDelayMs / 2 +
    report.rootDispersionMs +
    report.precisionMs +
    resolutionMs
  if (!(distanceMs <= maxDistanceMs)) throw unsynchronized('its server is too far from a reference')
  return {
    monotonicMs,
    timeMs: (earliestMs + latestMs) / 2 + (leastMs + mostMs) / 2,
    errorMs: (latestMs - earliestMs) / 2 + (mostMs - leastMs) / 2 + distanceMs + ageMs * driftPpm * 1e-6,
    driftPpm,
  }
}

function requireSynchronized(report: TimesyncdReport): void {
  const { packetCount, leap, stratum } = report
  if (packetCount === 0) throw unsynchronized('no server has answered it yet')
  if (leap === unsynchronizedLeap || stratum < 1 || stratum > maxStratum) {
    throw unsynchronized('its server is not synchronised')
  }
  if (report.transmitMs < report.receiveMs) throw absurd('its server answered before it was asked')
  if (delayMsOf(report) < -slackMs) throw absurd('its server took longer to answer than it took')
}

/** A timesyncd whose server is silent goes on showing its last answer. */
function requireFresh({ pollIntervalMs }: TimesyncdReport, ageMs: number): number {
  if (ageMs < -slackMs) {
    throw absurd(
      "its last answer is from the future by this process's wall clock, which is not the clock that it keeps: fake the clocks of both or of neither",
    )
  }
  if (ageMs > Math.max(minStaleMs, pollsUntilStale * pollIntervalMs)) {
    throw unsynchronized(`its server last answered ${Math.round(ageMs / 1000)} s ago`)
  }
  return Math.max(0, ageMs)
}

function unsynchronized(why: string): SourceError {
  return new SourceError('unsynchronized', `timesyncd cannot be relied on: ${why}`)
}

function absurd(why: string): SourceError {
  return new SourceError('absurd', `timesyncd's answer cannot be used: ${why}`)
}
