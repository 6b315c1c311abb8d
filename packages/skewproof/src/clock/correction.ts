import type { ClockReading } from './clock.ts'

/** What a change of the clock's belief rests on. */
export interface Correction {
  /** The new estimate minus what the clock believed, ms. */
  readonly byMs: number
  /** How many sources agree on it, or votes of such as speak for several. */
  readonly sources: number
  /** Whether one of them cannot be forged on the network. */
  readonly isAuthenticated: boolean
}

/** How many sources may together move time without limit. */
const sourcesForAnyCorrection = 3

/** No source may move time without limit: beyond `maxCorrectionMs` it takes three that agree, or an authenticated one. */
export function mayCorrect({ byMs, sources, isAuthenticated }: Correction, maxCorrectionMs: number): boolean {
  return Math.abs(byMs) <= maxCorrectionMs || sources >= sourcesForAnyCorrection || isAuthenticated
}

/** How far an interval lies outside of what the clock believed; the wall clock is believed exactly when nothing else is. */
export function correctionBy(believed: ClockReading, earliestMs: number, latestMs: number): number {
  const errorMs = Number.isFinite(believed.errorMs) ? believed.errorMs : 0
  if (earliestMs > believed.timeMs + errorMs) return earliestMs - (believed.timeMs + errorMs)
  if (latestMs < believed.timeMs - errorMs) return latestMs - (believed.timeMs - errorMs)
  return 0
}
