import { formatDuration, type HostClock } from 'skewproof'
import type { MsInterval } from 'skewproof/time'
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

/** Our wall clock is read in whole milliseconds, rounded down. */
const wallResolutionMs = 1

/** This host's wall clock minus its monotonic one. */
export function readWallOffset(host: HostClock): MsInterval {
  const beforeMs = host.monotonicMs()
  const wallMs = host.wallMs()
  return { lowMs: wallMs - host.monotonicMs(), highMs: wallMs + wallResolutionMs - beforeMs }
}

/** A clock minus another, when each is known against the same third. */
export function offsetBetween(clock: MsInterval, other: MsInterval): Offset {
  const lowMs = clock.lowMs - other.highMs
  const highMs = clock.highMs - other.lowMs
  return { offsetMs: (lowMs + highMs) / 2, errorMs: (highMs - lowMs) / 2 }
}
