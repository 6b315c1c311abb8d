import type { Disturbance } from './disturbance.ts'

/** At the instant `monotonicMs` true time was within `timeMs ± errorMs`; from there the bound grows. */
export interface Anchor {
  readonly monotonicMs: number
  readonly timeMs: number
  readonly errorMs: number
  /** How fast this machine's oscillator may be wrong at worst. */
  readonly driftPpm: number
  /** A step or a suspend was seen since the measurement. */
  readonly isDisrupted: boolean
}

/** The estimate at a later instant. */
export function timeAt({ timeMs, monotonicMs: measuredAtMs }: Anchor, monotonicMs: number): number {
  return timeMs + (monotonicMs - measuredAtMs)
}

/** The bound at a later instant: it grows with the worst drift. */
export function errorAt(
  { errorMs, driftPpm, monotonicMs: measuredAtMs }: Anchor,
  monotonicMs: number,
): number {
  return errorMs + Math.max(0, monotonicMs - measuredAtMs) * driftPpm * 1e-6
}

/**
 * The anchor after a disturbance. Which of the two readings is right, the one before or the one that the clocks now
 * suggest, only a measurement can tell; until then the bound covers both.
 *
 * A suspend moves the estimate on: the uptime has counted it. A step does not: the monotonic clock was not moved.
 */
export function disturb(anchor: Anchor, { stepMs, suspendedMs }: Disturbance): Anchor {
  return {
    ...anchor,
    timeMs: anchor.timeMs + suspendedMs,
    errorMs: anchor.errorMs + Math.abs(stepMs) + suspendedMs,
    isDisrupted: true,
  }
}
