import { type Clock, type HostClock, isReliable, SourceError } from 'skewproof'
import { type Finding, findingOf, type MeasuredClock, type ProbeFailure, type Reference } from './finding.ts'
import type { Target, TargetReading } from './target.ts'

export interface ProbeOptions {
  readonly clock: Clock
  readonly host: HostClock
  readonly thresholdMs: number
  /** Deadline for one host. */
  readonly timeoutMs: number
  /** How many hosts are asked at once. */
  readonly concurrency: number
  /** Told how many are done. */
  readonly onProgress: (done: number) => void
}

/** How fast this host's clock can drift while a measurement takes its time. */
const driftPpm = 200

/** What the clock gives offsets from. */
export function referenceOf(clock: Clock): Reference {
  return isReliable(clock.now()) ? 'true time' : 'wall clock'
}

/** Measures the clocks of many hosts; the findings are in the order of the targets. */
export async function probeAll(targets: readonly Target[], options: ProbeOptions): Promise<Finding[]> {
  const findings: Finding[] = []
  let done = 0
  const waiting = targets.entries()
  const work = async (): Promise<void> => {
    // The workers share the iterator.
    for (const [index, target] of waiting) {
      findings[index] = await probe(target, options)
      done += 1
      options.onProgress(done)
    }
  }
  await Promise.all(Array.from({ length: options.concurrency }, work))
  return findings
}

async function probe(target: Target, options: ProbeOptions): Promise<Finding> {
  const { thresholdMs, clock } = options
  const outcome = await measure(target, options)
  return findingOf(target.url, outcome, { thresholdMs, reference: referenceOf(clock) })
}

async function measure(
  target: Target,
  { clock, host, timeoutMs }: ProbeOptions,
): Promise<MeasuredClock | ProbeFailure> {
  const signal = AbortSignal.timeout(Math.ceil(timeoutMs))
  let ignored: SourceError | undefined
  const onIgnored = (error: SourceError): void => {
    ignored = error
  }
  try {
    return compare(await target.read({ host, signal, onIgnored }), clock, host)
  } catch (error) {
    if (error instanceof SourceError) return { reason: error.reason, message: error.message }
    if (!signal.aborted) throw error
    const but = ignored === undefined ? '' : `; a reply was ignored: ${ignored.message}`
    return { reason: 'timeout', message: `no answer in time${but}` }
  }
}

/** Against the clock as it is now, and as it was then by the monotonic clock. */
function compare(
  { monotonicMs, timeMs, errorMs, method, claim }: TargetReading,
  clock: Clock,
  host: HostClock,
): MeasuredClock {
  const own = readReference(clock)
  const agoMs = host.monotonicMs() - monotonicMs
  return {
    offsetMs: timeMs - (own.timeMs - agoMs),
    errorMs: errorMs + own.errorMs + agoMs * driftPpm * 1e-6,
    method,
    claim: claim === undefined ? null : { status: claim.status, errorMs: claim.errorMs ?? null },
  }
}

function readReference(clock: Clock): { readonly timeMs: number; readonly errorMs: number } {
  const reading = clock.now()
  if (isReliable(reading)) return reading
  // The wall clock is read in whole milliseconds, rounded down.
  return { timeMs: reading.timeMs + 0.5, errorMs: 0.5 }
}
