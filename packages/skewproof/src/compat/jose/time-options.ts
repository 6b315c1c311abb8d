import { isReliable } from '../../clock/index.ts'
import { defaultToleranceMs, maxToleranceMs } from '../../tokens/policy.ts'
import { readClock } from '../clock.ts'

/** jose rounds its now down to seconds. */
const roundingMs = 1000

/**
 * Options for jose's own `jwtVerify`, where the wrapped one cannot be used: the time by the bounded clock, and a tolerance that
 * covers its bound and an issuer whose clock is not known.
 *
 * ```ts
 * await jose.jwtVerify(jwt, key, { ...timeOptions(), issuer, audience })
 * ```
 */
export function timeOptions(): { currentDate: Date; clockTolerance: number } {
  const reading = readClock()
  const ownErrorMs = isReliable(reading) ? reading.errorMs : 0
  const toleranceMs = Math.min(maxToleranceMs, defaultToleranceMs + ownErrorMs + roundingMs)
  return { currentDate: new Date(reading.timeMs), clockTolerance: toleranceMs / 1000 }
}
