/** The largest instant that ECMAScript's `Date` can hold, in ms from the epoch. */
export const maxInstantMs = 8.64e15

/** ISO 8601 in UTC with milliseconds, as `X-Server-Time` carries it; `undefined` when no `Date` can hold it. */
export function formatInstant(timeMs: number): string | undefined {
  return Math.abs(timeMs) <= maxInstantMs ? new Date(timeMs).toISOString() : undefined
}
