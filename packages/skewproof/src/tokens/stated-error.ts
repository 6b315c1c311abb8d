import { type ClockReading, isReliable } from '../clock/clock.ts'

/** One bound for an `iat_err` that is worth stating: beyond it the static tolerance is as good. */
const maxStatedErrorMs = 30_000

/** The claim `iat_err` of a token that is issued now, seconds; `undefined` where the issuer does not know its own bound. */
export function statedErrorSeconds(reading: ClockReading): number | undefined {
  const isWorthIt = isReliable(reading) && reading.errorMs <= maxStatedErrorMs
  return isWorthIt ? Math.ceil(reading.errorMs) / 1000 : undefined
}
