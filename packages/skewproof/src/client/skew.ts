import {
  dateLagMs,
  type ExchangeMethod,
  exchangeOffset,
  type MsInterval,
  type ServerStamp,
} from '../time/index.ts'
import type { Moment } from './device.ts'

/** How wrong the device's clock is. */
export interface ClockSkew {
  /** The device's clock minus true time: positive is ahead. */
  readonly skewMs: number
  /** The true skew lies within `skewMs` plus or minus this, as far as the server's own clock is right. */
  readonly errorMs: number
  readonly method: ExchangeMethod
  /**
   * Whose clock is off, probably. `none`: the clocks agree within the error. `device`: the server knows the time.
   * `server`: the replies contradict one another, as those of several servers behind one address may. `unknown`: it is the
   * device or the server, which does not say how well it knows the time.
   */
  readonly culpritHint: 'none' | 'device' | 'server' | 'unknown'
}

/** What one exchange says of the time, and when it was, on the device's monotonic clock. */
export interface ExchangeSample extends ServerStamp {
  readonly requestMs: number
  readonly replyMs: number
}

/** How wrong the device's monotonic clock can run, as a fraction: quartz, and a daemon that slews it. */
const maxDrift = 500e-6

/** What browsers cut off from what their clocks show. */
const resolutionMs = 1

/** How far true time is ahead of the monotonic clock, by one exchange; `undefined` for one that cannot have been. */
function offsetBy(sample: ExchangeSample, monotonicMs: number): MsInterval | undefined {
  const offset = exchangeOffset(sample, sample.requestMs, sample.replyMs)
  const agedMs = (monotonicMs - sample.requestMs) * maxDrift
  return offset && { lowMs: offset.lowMs - agedMs - resolutionMs, highMs: offset.highMs + agedMs }
}

function skewBy(
  { lowMs, highMs }: MsInterval,
  method: ExchangeMethod,
  serverKnows: boolean,
  { wallMs, monotonicMs }: Moment,
): ClockSkew {
  const skewMs = wallMs - monotonicMs - (lowMs + highMs) / 2
  const errorMs = (highMs - lowMs) / 2 + resolutionMs
  const blamed = serverKnows ? 'device' : 'unknown'
  return { skewMs, errorMs, method, culpritHint: Math.abs(skewMs) > errorMs ? blamed : 'none' }
}

/** How wrong the device's clock is, by one exchange; `undefined` for one that cannot have been. */
export function sampleSkew(sample: ExchangeSample, now: Moment): ClockSkew | undefined {
  const offset = offsetBy(sample, now.monotonicMs)
  return offset && skewBy(offset, sample.method, sample.errorMs !== undefined, now)
}

/**
 * How far true time is ahead of the monotonic clock, by all samples together. Each holds it in an interval, whatever the delays;
 * so does what they have in common, which is at least as narrow as the best by round trip. Samples that contradict one another
 * are all covered.
 */
function commonOffset(
  samples: readonly ExchangeSample[],
  monotonicMs: number,
): MsInterval & { agreed: boolean } {
  const offsets = samples.flatMap(sample => offsetBy(sample, monotonicMs) ?? [])
  const lows = offsets.map(offset => offset.lowMs)
  const highs = offsets.map(offset => offset.highMs)
  const inner = { lowMs: Math.max(...lows), highMs: Math.min(...highs), agreed: true }
  return inner.lowMs <= inner.highMs
    ? inner
    : { lowMs: Math.min(...lows), highMs: Math.max(...highs), agreed: false }
}

/**
 * How wrong the device's clock is, by all samples together.
 *
 * @returns `undefined` when no sample can be relied on: there is none, or one reply came again and again, from a cache
 */
export function estimateSkew(samples: readonly ExchangeSample[], now: Moment): ClockSkew | undefined {
  const offset = commonOffset(samples, now.monotonicMs)
  const [first] = samples
  const isCached = !offset.agreed && samples.every(sample => sample.atReplyMs === first?.atReplyMs)
  if (!first || isCached || !Number.isFinite(offset.lowMs)) return undefined
  const serverKnows = samples.every(sample => sample.errorMs !== undefined)
  const skew = skewBy(offset, first.method, serverKnows, now)
  return offset.agreed ? skew : { ...skew, culpritHint: 'server' }
}

/**
 * How long to wait before the next request for a `Date`: it then arrives when the server's clock begins a second, if that clock
 * shows what the samples make most likely. What it shows instead halves what is unknown.
 */
export function waitForSecondMs(samples: readonly ExchangeSample[], monotonicMs: number): number {
  const { lowMs, highMs } = commonOffset(samples, monotonicMs)
  const oneWayMs = Math.min(...samples.map(({ requestMs, replyMs }) => replyMs - requestMs)) / 2
  return 1000 - ((monotonicMs + oneWayMs + (lowMs + highMs - dateLagMs) / 2) % 1000)
}
