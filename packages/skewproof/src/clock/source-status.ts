import type { SourceRecord } from './ensemble.ts'
import { sampleErrorAt, sampleTimeAt } from './sample.ts'
import type { SourceErrorReason, SourceSummary } from './source.ts'

/** What one source says, and how it stands. */
export interface SourceStatus extends SourceSummary {
  /** Since its sample was taken. */
  readonly ageMs: number | undefined
  readonly authenticated: boolean
  readonly lastError: string | undefined
  /** How often it failed, or a reply was ignored, by reason. */
  readonly errors: Readonly<Partial<Record<SourceErrorReason, number>>>
}

/** Describes a source at the instant `monotonicMs`, at which the clock says `timeMs`. */
export function describeSource(
  { source, sample, standing, lastError, errors }: SourceRecord,
  { monotonicMs, timeMs, driftPpm }: { monotonicMs: number; timeMs: number; driftPpm: number },
): SourceStatus {
  return {
    name: source.name,
    status: standing,
    offsetMs: sample && sampleTimeAt(sample, monotonicMs) - timeMs,
    errorMs: sample && sampleErrorAt(sample, monotonicMs, driftPpm),
    ageMs: sample && monotonicMs - sample.monotonicMs,
    authenticated: source.authenticated,
    lastError: lastError?.message,
    errors: Object.fromEntries(errors),
  }
}
