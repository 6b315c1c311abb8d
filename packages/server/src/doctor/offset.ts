import { formatDuration } from 'skewproof'
import { type Check, type CheckId, fail, pass, warn } from './check.ts'

/** A clock minus another, which is certain to `errorMs`; positive: the first is ahead. */
export interface Offset {
  readonly offsetMs: number
  readonly errorMs: number
}

const warnFromMs = 100
const failFromMs = 500

/**
 * Judges how far two clocks are apart: `fail` when that is certainly 500 ms or more, `warn` when it may be 100 ms or more.
 *
 * @param describe says whose clock it is, given `'2ms behind'` or `'2ms ahead of'`, which `'the other'` may follow
 */
export function judgeOffset(
  id: CheckId,
  { offsetMs, errorMs }: Offset,
  describe: (offset: string) => string,
  fix: string,
): Check {
  const direction = offsetMs < 0 ? 'behind' : 'ahead of'
  const size = formatDuration(Math.abs(offsetMs))
  const text = `${describe(`${size} ${direction}`)}, ± ${formatDuration(errorMs)}`
  if (Math.abs(offsetMs) - errorMs >= failFromMs) return fail(id, text, fix)
  if (Math.abs(offsetMs) + errorMs < warnFromMs) return pass(id, text)
  if (Math.abs(offsetMs) - errorMs >= warnFromMs) return warn(id, text, fix)
  const closer = 'Measure from nearer by, or with what shows the time more finely.'
  return warn(id, `${text}: whether it is below ${warnFromMs}ms cannot be told`, closer)
}

/** One exchange: when it was sent by our wall clock, how long it took, and what the other's clock said in between. */
export interface Exchange {
  readonly sentWallMs: number
  readonly roundTripMs: number
  readonly serverTimeMs: number
  /** A clock that shows whole units has shown this one for up to so long. */
  readonly resolutionMs: number
}

/** Our wall clock is read in whole milliseconds, rounded down. */
const wallResolutionMs = 1

/** The other clock minus ours, by the exchange that tells it best; `undefined` without any. */
export function offsetOf(exchanges: readonly Exchange[]): Offset | undefined {
  const offsets = exchanges.map(({ sentWallMs, roundTripMs, serverTimeMs, resolutionMs }) => ({
    offsetMs: serverTimeMs + resolutionMs / 2 - (sentWallMs + wallResolutionMs / 2 + roundTripMs / 2),
    errorMs: (roundTripMs + resolutionMs + wallResolutionMs) / 2,
  }))
  return offsets.toSorted((one, other) => one.errorMs - other.errorMs)[0]
}
