import type { TimeSample } from './source.ts'

/** The bound of a sample at a later instant: it grows with the worst drift, forwards and backwards. */
export function sampleErrorAt(sample: TimeSample, monotonicMs: number, driftPpm: number): number {
  const drift = sample.driftPpm ?? driftPpm
  return sample.errorMs + Math.abs(monotonicMs - sample.monotonicMs) * drift * 1e-6
}

/** What a sample says of another instant. */
export function sampleTimeAt(sample: TimeSample, monotonicMs: number): number {
  return sample.timeMs + (monotonicMs - sample.monotonicMs)
}

/**
 * Which of two samples of one source to go by: the one with the smaller bound now. The older one may win over a newer
 * that had a bad round trip, but not for ever, and not when the source now says something else.
 */
export function betterSample(
  older: TimeSample | undefined,
  newer: TimeSample,
  driftPpm: number,
  staleAfterMs: number,
): TimeSample {
  if (older === undefined) return newer
  if (newer.monotonicMs - older.monotonicMs > staleAfterMs) return newer
  const olderErrorMs = sampleErrorAt(older, newer.monotonicMs, driftPpm)
  const apartMs = Math.abs(sampleTimeAt(older, newer.monotonicMs) - newer.timeMs)
  const contradicts = apartMs > olderErrorMs + newer.errorMs
  return olderErrorMs < newer.errorMs && !contradicts ? older : newer
}

/** Why a sample cannot be believed at all, whatever it says. */
export function findAbsurdity({
  monotonicMs,
  timeMs,
  errorMs,
  driftPpm,
  votes = 1,
}: TimeSample): string | undefined {
  if (![monotonicMs, timeMs, errorMs].every(Number.isFinite)) return 'it holds a number that is not finite'
  if (errorMs < 0) return 'its bound is negative'
  if (driftPpm !== undefined && !(driftPpm >= 0 && driftPpm <= 100_000)) return 'its drift is out of range'
  if (timeMs < 0 || timeMs > 8.64e15) return 'its time is out of range'
  if (!(Number.isSafeInteger(votes) && votes >= 0)) return 'its votes are no whole number'
  return undefined
}
