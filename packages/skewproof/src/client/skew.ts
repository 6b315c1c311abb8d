import {
  dateLagMs,
  type ExchangeMethod,
  exchangeOffset,
  hull,
  intersection,
  type ServerStamp,
} from '../time/index.ts'

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

/** One exchange, timed on the device's monotonic clock. */
export interface ExchangeSample {
  readonly stamp: ServerStamp
  readonly requestMs: number
  readonly replyMs: number
}

/** Both clocks of a device, read at once. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

/** How wrong the device's monotonic clock can run, as a fraction: quartz, and a daemon that slews it. */
const maxDrift = 500e-6

/** What browsers cut off from what their clocks show. */
const resolutionMs = 1

const methods: readonly ExchangeMethod[] = ['clock', 'server-time', 'date']

/**
 * What samples say together. Each holds the true skew in an interval, whatever the delays; so do all that they have in common,
 * which is at least as narrow as the best by round trip. Only samples by the best method count.
 *
 * @returns `undefined` when no sample can be relied on: there is none, or one reply came again and again, from a cache
 */
export function estimateSkew(samples: readonly ExchangeSample[], now: Moment): ClockSkew | undefined {
  const method = methods.find(candidate => samples.some(({ stamp }) => stamp.method === candidate))
  const best = samples.filter(({ stamp }) => stamp.method === method)
  const offsets = best.flatMap(({ stamp, requestMs, replyMs }) => {
    const offset = exchangeOffset(stamp, requestMs, replyMs)
    if (offset === undefined) return []
    const agedMs = (now.monotonicMs - requestMs) * maxDrift
    return [{ lowMs: offset.lowMs - agedMs - resolutionMs, highMs: offset.highMs + agedMs }]
  })
  if (method === undefined || offsets.length === 0) return undefined

  const agreed = intersection(offsets)
  if (agreed === undefined && best.every(({ stamp }) => stamp.atReplyMs === best[0]?.stamp.atReplyMs)) {
    return undefined
  }
  const { lowMs, highMs } = agreed ?? hull(offsets)
  const skewMs = now.wallMs - now.monotonicMs - (lowMs + highMs) / 2
  const errorMs = (highMs - lowMs) / 2 + resolutionMs
  const serverKnows = best.every(({ stamp }) => stamp.errorMs !== undefined)
  return { skewMs, errorMs, method, culpritHint: culprit() }

  function culprit(): ClockSkew['culpritHint'] {
    if (agreed === undefined) return 'server'
    if (Math.abs(skewMs) <= errorMs) return 'none'
    return serverKnows ? 'device' : 'unknown'
  }
}

/**
 * How long to wait before the next request for a `Date`: it then arrives when the server's clock begins a second, if that clock
 * shows what the samples make most likely. What it shows instead halves what is unknown.
 */
export function waitForSecondMs(samples: readonly ExchangeSample[], monotonicMs: number): number {
  const offsets = samples.flatMap(
    ({ stamp, requestMs, replyMs }) => exchangeOffset(stamp, requestMs, replyMs) ?? [],
  )
  const { lowMs, highMs } = intersection(offsets) ?? { lowMs: 0, highMs: 0 }
  const oneWayMs = Math.min(...samples.map(({ requestMs, replyMs }) => replyMs - requestMs)) / 2
  const arrivalMs = monotonicMs + oneWayMs + (lowMs + highMs - dateLagMs) / 2
  return 1000 - (arrivalMs % 1000)
}
