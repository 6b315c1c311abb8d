import type { HostClock } from '../../clock/host.ts'
import type { ChronySource, ChronyTracking } from './report.ts'

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
 * set until `after`: which of the two chronyd looked at nobody knows.
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

/** What chronyd said, all of it between two updates, and this process's clocks before and after it said its tracking. */
export interface Observation {
  readonly tracking: ChronyTracking
  readonly sources: readonly ChronySource[]
  /** Before anything was asked. */
  readonly asked: WallReading
  readonly before: WallReading
  readonly after: WallReading
}

/** The source that chronyd follows. */
export function selectedOf(sources: readonly ChronySource[]): ChronySource | undefined {
  return sources.find(({ state }) => state === 'selected')
}

/** The bound that chronyd itself gives its estimate. */
export function distanceMs({ rootDelayMs, rootDispersionMs }: ChronyTracking): number {
  return rootDelayMs / 2 + rootDispersionMs
}
