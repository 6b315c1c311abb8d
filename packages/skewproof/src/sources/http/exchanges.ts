import { SourceError } from '../../clock/index.ts'
import {
  dateLagMs,
  type ExchangeMethod,
  exchangeOffset,
  intersection,
  type MsInterval,
} from '../../time/index.ts'
import type { ClockClaim, TimedReply } from './reply.ts'

/** A request and what its reply says, on the host's monotonic clock. */
export interface TimedExchange extends TimedReply {
  readonly requestMs: number
  readonly replyMs: number
}

export type Exchanges = readonly [TimedExchange, ...TimedExchange[]]

/** What a server's clock showed. Whether that is true time is another question. */
export interface ServerClock {
  readonly method: ExchangeMethod
  /** The host's monotonic clock when the first request left. */
  readonly monotonicMs: number
  /** The server's clock showed this then, within `errorMs`. */
  readonly timeMs: number
  readonly errorMs: number
  /** What the server says of its clock; where its replies differ, the worst. */
  readonly claim: ClockClaim | undefined
}

/** How fast the two clocks can drift apart while they are compared: quartz, and a daemon that slews one of them. */
const maxDrift = 500e-6

/** Enough to see that no cache answers, and to have one good round trip among them. */
const fineExchanges = 4
const fineMs = 500
/** Further apart than the resolution of what servers say: a reply that is repeated then contradicts itself. */
const pauseMs = 5

/** To find the beginning of a second. The whole shall be over within the 3 s that a measurement has. */
const stepMs = 125
const coarseExchanges = 16
const coarseMs = 2000
const standstillMs = 1250

/**
 * What all exchanges say together.
 *
 * @throws SourceError when they contradict one another
 */
export function combine(exchanges: Exchanges): ServerClock {
  const [{ requestMs: monotonicMs, stamp }] = exchanges
  const { lowMs, highMs } = commonOffset(exchanges)
  return {
    method: stamp.method,
    monotonicMs,
    timeMs: monotonicMs + (lowMs + highMs) / 2,
    errorMs: (highMs - lowMs) / 2,
    claim: exchanges.map(({ claim }) => claim).reduce(worse),
  }
}

/**
 * When the next request shall leave, on the host's monotonic clock; `undefined` when enough is known. Where the server shows
 * whole seconds only, the requests look for the instant at which one begins: first step by step, then by halves.
 *
 * @param startMs when the measurement began, before the connection was set up
 * @throws SourceError when the replies contradict one another, or a second does not end
 */
export function nextRequestMs(exchanges: Exchanges, startMs: number): number | undefined {
  const [first] = exchanges
  const last = exchanges.at(-1) ?? first
  const takenMs = last.replyMs - first.requestMs
  const offset = commonOffset(exchanges)
  const hasMoved = last.stamp.atReplyMs !== first.stamp.atReplyMs
  if (!isCoarse(first)) {
    if (exchanges.length === 1) return last.replyMs + pauseMs
    if (!hasMoved) throw standstill()
    return exchanges.length >= fineExchanges || takenMs > fineMs ? undefined : last.replyMs + pauseMs
  }
  if (!hasMoved) {
    if (last.requestMs - first.replyMs > standstillMs) throw standstill()
    return last.requestMs + stepMs
  }
  const atMs = secondBeginsMs(exchanges, offset, last.replyMs)
  return exchanges.length >= coarseExchanges || atMs - startMs > coarseMs ? undefined : atMs
}

function standstill(): SourceError {
  return new SourceError('mismatched', 'its time stands still: a cache answers')
}

/** In whole seconds. */
function isCoarse({ stamp: { atRequestMs, atReplyMs } }: TimedExchange): boolean {
  return atRequestMs - atReplyMs >= 1000
}

/** When to ask so that the server's clock begins a second as the request arrives, if it shows what is most likely. */
function secondBeginsMs(exchanges: Exchanges, { lowMs, highMs }: MsInterval, afterMs: number): number {
  const oneWayMs = Math.min(...exchanges.map(({ requestMs, replyMs }) => replyMs - requestMs)) / 2
  const toServerMs = oneWayMs + (lowMs + highMs - dateLagMs) / 2
  return Math.ceil((afterMs + toServerMs) / 1000) * 1000 - toServerMs
}

/** The server's clock minus the host's monotonic clock, when the first request left. */
function commonOffset(exchanges: Exchanges): MsInterval {
  const [first] = exchanges
  if (exchanges.some(({ stamp }) => stamp.method !== first.stamp.method))
    throw new SourceError('mismatched', 'it tells the time now in one way, now in another')
  const offset = intersection(exchanges.map(exchange => offsetOf(exchange, first.requestMs)))
  if (offset === undefined) {
    throw new SourceError(
      'mismatched',
      'its replies contradict one another: a cache answers, several servers do, or its clock was set',
    )
  }
  return offset
}

function offsetOf({ stamp, requestMs, replyMs }: TimedExchange, atMs: number): MsInterval {
  // What is a whole number was rounded down to it.
  const resolutionMs = stamp.method === 'clock' && Number.isInteger(stamp.atRequestMs) ? 1 : 0
  const shown = { ...stamp, atRequestMs: stamp.atRequestMs + resolutionMs, errorMs: undefined }
  const offset = exchangeOffset(shown, requestMs, replyMs)
  if (offset === undefined)
    throw new SourceError('mismatched', 'it says to have held the request for longer than the answer took')
  const driftMs = (replyMs - atMs) * maxDrift
  return { lowMs: offset.lowMs - driftMs, highMs: offset.highMs + driftMs }
}

function worse(one: ClockClaim | undefined, other: ClockClaim | undefined): ClockClaim | undefined {
  const errorOf = (claim: ClockClaim | undefined) => claim?.errorMs ?? Number.POSITIVE_INFINITY
  return errorOf(other) > errorOf(one) ? other : one
}
