import { SourceError, type TimeSample } from '../../clock/source.ts'
import { wallBetween } from '../wall.ts'
import { distanceMs, type Observation, selectedOf } from './observation.ts'
import type { ChronySource, ChronyTracking } from './report.ts'

/** How wrong an oscillator may be that chronyd thinks it knows, ppm: its own figure is an estimate, this is a bound. */
const minDriftPpm = 50
/** How wrong one may be at worst, whatever chronyd makes of answers that come at short intervals and with long delays. */
const maxOscillatorPpm = 200

/** What chronyd serves as its reference while it follows nobody (`local stratum`): 127.127.1.1. */
const ownClock = '7F7F0101'

/** chronyd has lost its sources when it has not heard of them for so many polls, and for so long. */
const pollsUntilStale = 4
const minStaleMs = 300_000

/** Up to a second is taken off the reference time, at random, and the age of the last sample is in whole seconds. */
const referenceTimeNoiseMs = 1000
const sampleAgeNoiseMs = 1000
/** What else the two may be apart. */
const slackMs = 100

/**
 * True time, from what chronyd says of the wall clock that it keeps: this process must have the same.
 *
 * @param slewPpm how fast chronyd may slew, where that is known; otherwise it may work off its correction at any moment
 * @throws SourceError with the reason `unsynchronized` while chronyd does not know the time, `absurd` when what it says does
 * not fit this process's wall clock
 */
export function sampleOf(
  observation: Observation,
  slewPpm?: number,
): TimeSample & { readonly driftPpm: number } {
  const { tracking, sources, before, after } = observation
  requireSynchronized(tracking)
  requirePossible(tracking, sources)
  const selected = selectedOf(sources)
  if (selected?.lastSampleSeconds === undefined)
    throw unsynchronized('it follows none of its sources at present')
  const sampleAgeMs = selected.lastSampleSeconds * 1000
  const { monotonicMs, earliestMs, latestMs } = wallBetween(before, after)
  const timeMs = (earliestMs + latestMs) / 2 + tracking.correctionMs
  const uncertaintyMs = (latestMs - earliestMs) / 2
  const elapsedMs = after.monotonicMs - monotonicMs
  const ageMs = timeMs - tracking.referenceTimeMs
  requireSameClock(ageMs, sampleAgeMs, elapsedMs + uncertaintyMs + slackMs)
  requireFresh(tracking, selected, ageMs)

  const uncorrectedPpm = Math.min(
    maxOscillatorPpm,
    Math.abs(tracking.residualFrequencyPpm) + tracking.skewPpm,
  )
  // chronyd corrects the frequency, if it sets the clock (without `-x`): by as much, the oscillator or the correction is wrong.
  const driftPpm = Math.max(minDriftPpm, Math.abs(tracking.frequencyPpm) + uncorrectedPpm) + (slewPpm ?? 0)
  const errorMs =
    Math.max(distanceMs(tracking), errorSinceSample(selected, sampleAgeMs + sampleAgeNoiseMs, driftPpm)) +
    // Slewing moves the monotonic clock as well.
    (slewPpm === undefined ? Math.abs(tracking.correctionMs) : 0) +
    uncertaintyMs +
    elapsedMs * driftPpm * 1e-6
  return { monotonicMs, timeMs, errorMs, driftPpm }
}

/**
 * How far chronyd's estimate can be from what it measured last. The estimate follows from many answers, whose delays differ,
 * and its bound from the fastest of them: with few answers over a bad network that is too small.
 */
function errorSinceSample({ offsetMs, errorMs }: ChronySource, ageMs: number, driftPpm: number): number {
  return Math.abs(offsetMs) + errorMs + ageMs * driftPpm * 1e-6
}

function requireSynchronized({ leap, stratum, referenceId }: ChronyTracking): void {
  if (leap === 'unsynchronized' || referenceId === '00000000' || stratum < 1 || stratum > 15) {
    throw unsynchronized('it is not synchronised')
  }
  if (referenceId === ownClock) throw unsynchronized("it serves this machine's own clock (local stratum)")
}

function requirePossible(
  { rootDelayMs, rootDispersionMs, skewPpm }: ChronyTracking,
  sources: readonly ChronySource[],
): void {
  const bounds = [rootDelayMs, rootDispersionMs, skewPpm, ...sources.map(({ errorMs }) => errorMs)]
  if (!bounds.every(bound => bound >= 0)) throw absurd('one of its bounds is negative')
}

/** A chronyd whose sources are silent goes on saying that it is synchronised. */
function requireFresh(
  { updateIntervalMs }: ChronyTracking,
  { pollSeconds }: ChronySource,
  ageMs: number,
): void {
  const pollMs = Math.max(updateIntervalMs, pollSeconds * 1000)
  if (ageMs > Math.max(minStaleMs, pollsUntilStale * pollMs)) {
    throw unsynchronized(`its last update was ${Math.round(ageMs / 1000)} s ago`)
  }
}

/**
 * chronyd does not say what time it is, only how far the clock that it keeps is off. Whether that is the clock of this
 * process shows from the age of its last update: by that clock, and by chronyd's own count.
 */
function requireSameClock(ageMs: number, sampleAgeMs: number, toleranceMs: number): void {
  const isBefore = ageMs < Math.max(0, sampleAgeMs - sampleAgeNoiseMs) - toleranceMs
  const isAfter = ageMs > sampleAgeMs + sampleAgeNoiseMs + referenceTimeNoiseMs + toleranceMs
  if (isBefore || isAfter) {
    throw absurd(
      `its last update was ${(ageMs / 1000).toFixed(1)} s ago by this process's wall clock, which is not the clock that it keeps: ask a chronyd of this machine, and fake the clocks of both or of neither`,
    )
  }
}

function unsynchronized(why: string): SourceError {
  return new SourceError('unsynchronized', `chronyd cannot be relied on: ${why}`)
}

function absurd(why: string): SourceError {
  return new SourceError('absurd', `chronyd's answer cannot be used: ${why}`)
}
