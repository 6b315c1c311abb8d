import { SourceError } from '../../clock/source.ts'
import type { WallReading } from '../wall.ts'
import { distanceMs, type Observation, selectedOf } from './observation.ts'
import type { ChronyTracking } from './report.ts'

/** The wall clock, and what chronyd said of it then. */
interface Known {
  readonly wall: WallReading
  readonly tracking: ChronyTracking
}

/**
 * Notices that somebody else than chronyd has set the wall clock, or that the machine has slept: until chronyd measures
 * again, it does not know, and its correction is that of another clock.
 */
export class WallContinuity {
  #last: Known | undefined
  #disturbedAtMs = Number.NEGATIVE_INFINITY

  /** @throws SourceError when chronyd has not measured since the wall clock was set */
  check({ tracking, sources, asked, before, after }: Observation, driftPpm: number): void {
    const last = this.#last
    this.#last = { wall: after, tracking }
    const isContinuous =
      last === undefined
        ? jumpMs(asked, before, driftPpm) === 0
        : follows(last, { wall: before, tracking }, driftPpm)
    const wasSet = !isContinuous || jumpMs(before, after, driftPpm) !== 0
    if (wasSet) this.#disturbedAtMs = after.monotonicMs
    const { lastSampleSeconds = Number.POSITIVE_INFINITY } = selectedOf(sources) ?? {}
    // In whole seconds; it may be up to one older.
    const measuredAtMs = before.monotonicMs - (lastSampleSeconds + 1) * 1000
    if (measuredAtMs < this.#disturbedAtMs) {
      throw new SourceError(
        'unsynchronized',
        'chronyd cannot be relied on: the wall clock was set, or the machine slept, and it has not measured since',
      )
    }
  }
}

/** Whether nobody but chronyd has set the wall clock: what it sets the clock by, it takes off its correction. */
function follows(earlier: Known, later: Known, driftPpm: number): boolean {
  const setByMs = jumpMs(earlier.wall, later.wall, driftPpm)
  if (setByMs === 0) return true
  const correctedMs = earlier.tracking.correctionMs - later.tracking.correctionMs
  // It may have changed its estimate besides.
  return Math.abs(setByMs - correctedMs) <= distanceMs(earlier.tracking) + distanceMs(later.tracking)
}

/** How far the wall clock was set at least from one reading to the next; 0 when it may have only run. */
function jumpMs(earlier: WallReading, later: WallReading, driftPpm: number): number {
  const elapsedMs = later.monotonicMs - earlier.monotonicMs
  const toleranceMs = elapsedMs * driftPpm * 1e-6
  const leastMs = later.earliestMs - earlier.latestMs - elapsedMs - toleranceMs
  const mostMs = later.latestMs - earlier.earliestMs - elapsedMs + toleranceMs
  return Math.max(0, leastMs) + Math.min(0, mostMs)
}
