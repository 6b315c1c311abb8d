const firstRetryMs = 10_000
const base = 1.5
/** RFC 8915 suggests up to five days; a service that lost its time must not wait that long for a key. */
const slowestRetryMs = 3_600_000

/**
 * How long after a key establishment the next may begin: `attempts` were made since a reply was last authenticated
 * (RFC 8915, section 4.2).
 */
export function keyRetryMs(attempts: number): number {
  return attempts < 1 ? 0 : Math.min(slowestRetryMs, firstRetryMs * base ** Math.min(attempts - 1, 100))
}
