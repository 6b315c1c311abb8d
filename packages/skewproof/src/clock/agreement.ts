import type { ClockReading } from './clock.ts'

/** What a clock says that knows no UTC: the time that the fleet has in common, where that is fresh. */
export function orAgreement(reading: ClockReading, common: () => ClockReading): ClockReading {
  if (reading.status !== 'unsynchronized') return reading
  const { timeMs, status } = common()
  if (status === 'unsynchronized' || status === 'holdover') return reading
  return { timeMs, errorMs: Number.POSITIVE_INFINITY, status: 'agreement' }
}
