import { formatDuration, OptionError } from 'skewproof'
import { parseDurationMs } from 'skewproof/time'
import { type Check, fail, pass, warn } from './check.ts'

/** Above this an expired token lives too long; below the other, clocks that nobody measures refuse good ones. */
const maxToleranceMs = 60_000
const minStaticToleranceMs = 30_000

const fix = 'Set SKEWPROOF_CLOCK_TOLERANCE, or "clockTolerance" in the configuration file, to auto.'

/** @param tolerance as `--clock-tolerance` takes it */
export function judgeTolerance(tolerance: string): Check {
  const id = 'tolerance.configured'
  if (tolerance === 'auto') return pass(id, 'the tolerance is what the clocks allow (auto)')
  let toleranceMs: number
  try {
    toleranceMs = parseDurationMs('clockTolerance', tolerance)
  } catch (error) {
    if (error instanceof OptionError) return fail(id, error.message, fix)
    throw error
  }
  const text = formatDuration(toleranceMs)
  if (toleranceMs === 0) {
    return fail(id, 'no tolerance: a clock that is a moment behind refuses fresh tokens', fix)
  }
  if (toleranceMs > maxToleranceMs) {
    return fail(id, `a tolerance of ${text} keeps expired tokens alive; 60s is the most`, fix)
  }
  if (toleranceMs < minStaticToleranceMs) {
    return warn(id, `a tolerance of ${text} is short for clocks that nobody measures`, `${fix} Or to 30s.`)
  }
  return pass(id, `the tolerance is ${text}`)
}
