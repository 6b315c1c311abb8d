import { SourceError } from '../../clock/source.ts'
import type { WallReading } from '../wall.ts'
import type { Observation } from './judge.ts'
import { correctionMsOf, type TimesyncdReport } from './report.ts'

interface Known {
  readonly wall: WallReading
  readonly report: TimesyncdReport
}

/** The wall clock and the monotonic clock are slewed together: only setting the one moves it against the other. */
const slackMs = 2
const slackPpm = 10

/**
 * Notices that somebody else than timesyncd has set the wall clock, or that the machine has slept: until a server answers
 * again, timesyncd's last answer is about the clock as it was.
 */
export class Continuity {
  #last: Known | undefined
  /** When the answer came that is outdated. */
  #outdatedMs: number | undefined

  /** @throws SourceError `unsynchronized` while timesyncd has not measured the clock since it was set */
  follow({ report, before, after }: Observation): void {
    const earlier = this.#last ?? { wall: before, report: undefined }
    this.#last = { wall: after, report }
    if (!goesWith(earlier.wall, after, 0) && !isFrom(report, earlier, after)) {
      this.#outdatedMs = report.destinationMs
    }
    if (this.#outdatedMs === undefined) return
    if (this.#outdatedMs === report.destinationMs) {
      const why = 'the wall clock was set, or the machine slept, and no server has answered since'
      throw new SourceError('unsynchronized', `timesyncd cannot be relied on: ${why}`)
    }
    this.#outdatedMs = undefined
  }
}

/** Whether an answer is about the wall clock as it is now: timesyncd set it by that answer, or the answer came later. */
function isFrom(
  report: TimesyncdReport,
  earlier: { readonly wall: WallReading; readonly report: TimesyncdReport | undefined },
  later: WallReading,
): boolean {
  const isNew = earlier.report !== undefined && report.destinationMs !== earlier.report.destinationMs
  if (!isNew) return false
  if (goesWith(earlier.wall, later, correctionMsOf(report))) return true
  // As the clock was, it has not shown that.
  const elapsedMs = later.monotonicMs - earlier.wall.monotonicMs
  const { destinationMs } = report
  const isBefore = destinationMs < earlier.wall.earliestMs - slackMs
  return isBefore || destinationMs > earlier.wall.latestMs + elapsedMs + slackMs
}

/** Whether the wall clock went from one reading to the next, and was set by so much on the way. */
function goesWith(earlier: WallReading, later: WallReading, setByMs: number): boolean {
  const elapsedMs = later.monotonicMs - earlier.monotonicMs
  const toleranceMs = slackMs + elapsedMs * slackPpm * 1e-6
  const leastMs = later.earliestMs - earlier.latestMs - elapsedMs - toleranceMs
  const mostMs = later.latestMs - earlier.earliestMs - elapsedMs + toleranceMs
  return leastMs <= setByMs && setByMs <= mostMs
}
