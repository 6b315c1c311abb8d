import { type Clock, type ClockReading, isReliable } from '../clock/clock.ts'
import { formatInstant, maxInstantMs } from '../time/index.ts'

/** What a page of another origin needs to see of a response, to learn the time from it. */
export const exposedFields: readonly string[] = ['X-Server-Time', 'Date', 'Age', 'Retry-After']

/** Of answers that are true only now. */
export const uncached: Readonly<Record<string, string>> = { 'cache-control': 'no-store' }

/** A clock that may also know how far this machine's wall clock is off, as `createClock` makes it. */
export interface WallAwareClock extends Clock {
  readonly wallOffsetMs?: number | undefined
}

/** The body of `/health`. */
export interface HealthBody {
  status: 'ok'
  /** ISO 8601 in UTC, to the millisecond. */
  serverTime: string
  /** The same, ms since the Unix epoch. */
  serverTimestamp: number
  /** This machine's wall clock minus true time, ms; `null` when that is unknown. */
  ntpOffset: number | null
  clock: {
    status: ClockReading['status']
    errorMs: number | null
    wallOffsetMs: number | null
  }
}

/** The body of `/clock`: the two inner timestamps of a four-timestamp exchange. */
export interface ClockBody {
  receivedAtMs: number
  sentAtMs: number
  /** `null` when the clock is not synchronised. */
  errorMs: number | null
  status: ClockReading['status']
}

/** The last value of `X-Server-Time`: many requests may arrive within a millisecond. */
const last = { timeMs: 0, text: formatInstant(0) ?? '' }

/** The value of `X-Server-Time`. */
export function serverTimeValue(clock: Clock): string {
  // No finer than it is shown.
  const timeMs = Math.floor(Math.min(clock.now().timeMs, maxInstantMs))
  if (timeMs !== last.timeMs) {
    last.timeMs = timeMs
    last.text = formatInstant(timeMs) ?? ''
  }
  return last.text
}

export function healthBody(clock: WallAwareClock): HealthBody {
  const reading = clock.now()
  const wallOffsetMs = isReliable(reading) ? (clock.wallOffsetMs ?? null) : null
  return {
    status: 'ok',
    serverTime: formatInstant(reading.timeMs) ?? '',
    serverTimestamp: reading.timeMs,
    ntpOffset: wallOffsetMs,
    clock: { status: reading.status, errorMs: finiteOrNull(reading.errorMs), wallOffsetMs },
  }
}

/** @param received the reading when the request arrived */
export function clockBody(clock: Clock, received: ClockReading): ClockBody {
  const { timeMs, errorMs, status } = clock.now()
  return { receivedAtMs: received.timeMs, sentAtMs: timeMs, errorMs: finiteOrNull(errorMs), status }
}

/** `Access-Control-Expose-Headers` with the fields that tell the time besides those that are there already. */
export function exposing(present: string): string {
  const names = present
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
  const known = new Set(names.map(name => name.toLowerCase()))
  return [...names, ...exposedFields.filter(name => !known.has(name.toLowerCase()))].join(', ')
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
