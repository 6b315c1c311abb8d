import type { HostClock } from '../clock/host.ts'

/** At the monotonic instant the wall clock showed something between the two. */
export interface WallReading {
  readonly monotonicMs: number
  readonly earliestMs: number
  readonly latestMs: number
}

/** The wall clock is read in whole milliseconds, rounded down. */
const wallResolutionMs = 1

export function readWall(host: HostClock): WallReading {
  const monotonicMs = host.monotonicMs()
  const wallMs = host.wallMs()
  const heldUpMs = host.monotonicMs() - monotonicMs
  return { monotonicMs, earliestMs: wallMs - heldUpMs, latestMs: wallMs + wallResolutionMs }
}

/**
 * What the wall clock showed at the monotonic instant of `before`, or would have shown if it had been set by then as it was
 * set until `after`: which of the two a daemon looked at nobody knows.
 */
export function wallBetween(before: WallReading, after: WallReading): WallReading {
  const { monotonicMs } = before
  const elapsedMs = after.monotonicMs - monotonicMs
  return {
    monotonicMs,
    earliestMs: Math.min(before.earliestMs, after.earliestMs - elapsedMs),
    latestMs: Math.max(before.latestMs, after.latestMs - elapsedMs),
  }
}
