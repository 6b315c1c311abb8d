/** What the next poll of a source follows from. */
export interface PollFacts {
  /** Never more often than this. */
  readonly minPollMs: number
  /** At least this often. */
  readonly maxPollMs?: number | undefined
  /** Failures since the last good answer. */
  readonly failures: number
  /** Good answers in a row that agreed with the others. */
  readonly agreements: number
  /** The source asked not to be polled before this has passed. */
  readonly retryAfterMs: number | undefined
  /** Uniform in [0, 1): polls of many processes must not fall together. */
  readonly random: number
}

/** While little is known, a source is asked often; at least this far apart, ms. */
const fastestMs = 2000
const slowestMs = 64_000
const slowestAfterFailureMs = 300_000
/** However long a source asks for: it is asked once a day. Node's timers would fire at once beyond 24 days. */
const slowestOfAllMs = 86_400_000

/**
 * How long to wait before a source is asked again: doubling from 2 s to 64 s while it agrees, doubling up to 5 minutes
 * while it fails, and as long as it asked for; shortened or lengthened by up to an eighth.
 */
export function nextPollMs({
  minPollMs,
  maxPollMs = Number.POSITIVE_INFINITY,
  failures,
  agreements,
  retryAfterMs = 0,
  random,
}: PollFacts): number {
  const steps = failures > 0 ? failures : agreements
  const slowest = Math.min(maxPollMs, failures > 0 ? slowestAfterFailureMs : slowestMs)
  const wantedMs = Math.min(slowest, fastestMs * 2 ** Math.min(steps, 20))
  const jitteredMs = wantedMs * (0.875 + 0.25 * random)
  return Math.min(slowestOfAllMs, Math.max(minPollMs, retryAfterMs, jitteredMs))
}
