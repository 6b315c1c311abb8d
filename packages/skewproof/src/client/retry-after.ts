/** A server that asks for more is misunderstood. */
const maxRetryAfterMs = 3_600_000

/**
 * `Retry-After` (RFC 9110, 10.2.3): seconds, or an instant, which the server's own time is compared with.
 *
 * @param serverMs what the server's clock showed when it answered, if that is known
 * @returns ms; `undefined` when there is none, or it cannot be told
 */
export function retryAfterMs(field: string | null, serverMs: number | undefined): number | undefined {
  const text = field ?? ''
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Number(serverMs)
  return ms >= 0 ? Math.min(ms, maxRetryAfterMs) : undefined
}
