import type { ClockStatus, SourceErrorReason } from 'skewproof'

/** What a measurement says of a host's clock. */
export interface MeasuredClock {
  /** That clock minus the reference; positive is ahead. */
  readonly offsetMs: number
  readonly errorMs: number
  /** By what it was measured: `clock`, `server-time`, `date`, `sntp`, ... */
  readonly method: string
  /** What the host says of its clock itself. */
  readonly claim: { readonly status: ClockStatus; readonly errorMs: number | null } | null
}

/** Why a host could not be measured. */
export interface ProbeFailure {
  readonly reason: SourceErrorReason
  readonly message: string
}

/** What the offsets are from: true time as this host knows it, or its wall clock, of which nothing is known. */
export type Reference = 'true time' | 'wall clock'

/**
 * - `within`: no further off than the threshold, wherever in the bound it lies.
 * - `uncertain`: the bound is too wide to tell.
 * - `beyond`: further off than the threshold, wherever in the bound it lies.
 * - `failed`: it could not be measured.
 */
export type FindingStatus = 'within' | 'uncertain' | 'beyond' | 'failed'

/** What `skewproof probe --json` prints of a host; `null` where nothing is known. */
export interface Finding {
  readonly url: string
  readonly offsetMs: number | null
  readonly errorMs: number | null
  readonly method: string | null
  readonly status: FindingStatus
  readonly reference: Reference
  readonly claim: MeasuredClock['claim']
  readonly failure: ProbeFailure | null
}

export function findingOf(
  url: string,
  outcome: MeasuredClock | ProbeFailure,
  { thresholdMs, reference }: { thresholdMs: number; reference: Reference },
): Finding {
  if ('reason' in outcome) {
    const { reason, message } = outcome
    const unknown = { offsetMs: null, errorMs: null, method: null, claim: null }
    return { url, ...unknown, status: 'failed', reference, failure: { reason, message } }
  }
  const { offsetMs, errorMs, method, claim } = outcome
  const status = statusOf(outcome, thresholdMs)
  return { url, offsetMs, errorMs, method, status, reference, claim, failure: null }
}

function statusOf({ offsetMs, errorMs }: MeasuredClock, thresholdMs: number): FindingStatus {
  const absoluteMs = Math.abs(offsetMs)
  if (absoluteMs - errorMs > thresholdMs) return 'beyond'
  return absoluteMs + errorMs <= thresholdMs ? 'within' : 'uncertain'
}

/** Whether somebody has to do something. */
export function isAlarming({ status }: Finding): boolean {
  return status === 'beyond' || status === 'failed'
}
