import { OptionError, readClockBody, readTimeHeader } from '../time/index.ts'
import { type Device, systemDevice } from './device.ts'
import { ClientError } from './errors.ts'
import { readJson } from './read-json.ts'
import { baseAddress, fresh } from './scope.ts'
import { type ClockSkew, type ExchangeSample, estimateSkew, waitForSecondMs } from './skew.ts'

export interface DetectClockSkewOptions {
  /** How many requests to make: 1 to 50. Default 5. */
  samples?: number | undefined
  signal?: AbortSignal | undefined
  /** Makes the requests. Default: the global `fetch`. */
  fetch?: typeof fetch | undefined
  /** The device whose clock is measured. Default: this one. */
  device?: Device | undefined
}

/** What takes longer says nothing of use. */
const deadlineMs = 5000

/**
 * Measures how wrong this device's clock is, by a server's: by `/clock` of the server where there is one, else by the header of
 * its answers, `X-Server-Time` or `Date`, which a page of another origin sees only if the server exposes it
 * (`Access-Control-Expose-Headers`). With nothing but `Date` it takes some seconds, to find where the server's seconds begin.
 *
 * ```ts
 * const { skewMs, errorMs } = await detectClockSkew('https://api.example.com')
 * ```
 *
 * @throws ClientError `ERR_CLOCK_UNMEASURED`: no reply told the time, or all came from a cache
 * @throws unknown the reason of `signal` once it is aborted
 */
export async function detectClockSkew(
  url: string | URL,
  { samples: count = 5, signal, fetch: send = fetch, device = systemDevice }: DetectClockSkewOptions = {},
): Promise<ClockSkew> {
  if (!(count >= 1 && count <= 50)) throw new OptionError('samples', `${count} is out of range; use 1 to 50`)
  const address = new URL(url, baseAddress())
  const clockAddress = new URL('/clock', address)
  let cause: unknown

  async function exchange(target: URL, method: string): Promise<ExchangeSample | undefined> {
    signal?.throwIfAborted()
    try {
      const deadline = AbortSignal.timeout(deadlineMs)
      const requestMs = device.monotonicMs()
      const response = await send(target.href, {
        ...fresh,
        method,
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      })
      const replyMs = device.monotonicMs()
      const body = await readJson(response)
      if (Number(response.headers.get('age')) > 0) return undefined
      const stamp = readClockBody(body) ?? readTimeHeader(name => response.headers.get(name))
      return stamp && { stamp, requestMs, replyMs }
    } catch (error) {
      signal?.throwIfAborted()
      cause = error
      return undefined
    }
  }

  const samples: ExchangeSample[] = []
  const first = await exchange(clockAddress, 'GET')
  const hasClock = first?.stamp.method === 'clock'
  if (hasClock) samples.push(first)
  for (let made = hasClock ? 1 : 0; made < count; made += 1) {
    if (samples.at(-1)?.stamp.method === 'date') {
      await device.sleep(waitForSecondMs(samples, device.monotonicMs()))
    }
    const sample = await (hasClock ? exchange(clockAddress, 'GET') : exchange(address, 'HEAD'))
    if (sample !== undefined) samples.push(sample)
  }

  const skew = estimateSkew(samples, { wallMs: device.wallMs(), monotonicMs: device.monotonicMs() })
  if (skew !== undefined) return skew
  const problem =
    samples.length > 0
      ? 'its replies come from a cache'
      : 'no reply told the time: has it /clock, or does it expose X-Server-Time or Date to this page?'
  throw new ClientError('ERR_CLOCK_UNMEASURED', `${address.origin}: ${problem}`, { cause })
}
