/** A range that holds a true value, in ms. */
export interface MsInterval {
  readonly lowMs: number
  readonly highMs: number
}

/**
 * How a server told its time: by the body of `/clock`, with both of its timestamps; by the header `X-Server-Time`; by the
 * header `Date`, to the second.
 */
export type ExchangeMethod = 'clock' | 'server-time' | 'date'

/** What the reply to one request says of the server's time. */
export interface ServerStamp {
  readonly method: ExchangeMethod
  /** The server's clock showed at most this when the request left, ms since the Unix epoch. */
  readonly atRequestMs: number
  /** The server's clock showed at least this when the reply had arrived. */
  readonly atReplyMs: number
  /** How wrong the server says that its own clock can be; `undefined` when it does not say. */
  readonly errorMs: number | undefined
}

/** The largest instant that ECMAScript's `Date` can hold. */
const maxTimeMs = 8.64e15

/** How late the `Date` of a reply may be: servers renew what they send by a timer. */
export const dateLagMs = 50

/** Reads the body of `/clock`; `undefined` when it is none. */
export function readClockBody(body: unknown): ServerStamp | undefined {
  const { receivedAtMs, sentAtMs, errorMs } = Object(body)
  if (![receivedAtMs, sentAtMs, errorMs === null ? 0 : errorMs].every(isTime)) return undefined
  return { method: 'clock', atRequestMs: receivedAtMs, atReplyMs: sentAtMs, errorMs: errorMs ?? undefined }
}

/**
 * Reads the time in a reply's header: `X-Server-Time` (ISO 8601 in UTC), else `Date`.
 *
 * @param field gives a header field by its name; `null` when there is none, or a page may not see it
 */
export function readTimeHeader(field: (name: string) => string | null): ServerStamp | undefined {
  const [serverTime = '', fraction] =
    /^\d{4}-\d\d-\d\dT[\d:]{8}(\.\d{3})?Z$/.exec(field('x-server-time') ?? '') ?? []
  const [date = ''] = /^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/.exec(field('date') ?? '') ?? []
  return (
    truncated('server-time', Date.parse(serverTime), fraction === undefined ? 1000 : 1) ??
    truncated('date', Date.parse(date), 1000 + dateLagMs)
  )
}

function truncated(method: ExchangeMethod, timeMs: number, unitMs: number): ServerStamp | undefined {
  if (!(timeMs >= 0)) return undefined
  return { method, atRequestMs: timeMs + unitMs, atReplyMs: timeMs, errorMs: undefined }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= maxTimeMs
}

/**
 * How far true time is ahead of the local clock that timed an exchange. It assumes nothing of how the delay is divided
 * between the two ways: request and reply may each have taken all of it.
 *
 * @returns `undefined` for an exchange that cannot have been: the server held the request for longer than it took
 */
export function exchangeOffset(
  { atRequestMs, atReplyMs, errorMs = 0 }: ServerStamp,
  requestMs: number,
  replyMs: number,
): MsInterval | undefined {
  const lowMs = atReplyMs - replyMs
  const highMs = atRequestMs - requestMs
  return lowMs <= highMs ? { lowMs: lowMs - errorMs, highMs: highMs + errorMs } : undefined
}

/** What all intervals have in common; `undefined` when they contradict one another, or there are none. */
export function intersection(intervals: readonly MsInterval[]): MsInterval | undefined {
  const lowMs = Math.max(...intervals.map(interval => interval.lowMs))
  const highMs = Math.min(...intervals.map(interval => interval.highMs))
  return lowMs <= highMs && Number.isFinite(lowMs) ? { lowMs, highMs } : undefined
}
