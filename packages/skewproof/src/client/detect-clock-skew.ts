import { readClockBody } from '../time/index.ts'
import { type Device, readClocks, systemDevice } from './device.ts'
import { ClientError } from './errors.ts'
import { exchange } from './exchange.ts'
import { baseAddress } from './scope.ts'
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
  {
    samples: count = 5,
    signal = new AbortController().signal,
    fetch: send = fetch,
    device = systemDevice,
  }: DetectClockSkewOptions = {},
): Promise<ClockSkew> {
  if (!(count >= 1 && count <= 50)) throw new ClientError('ERR_OPTION', `samples: ${count} is not 1 to 50`)
  const address = new URL(url, baseAddress())
  const samples: ExchangeSample[] = []
  let cause: unknown

  async function measure(target: URL, method: string): Promise<ExchangeSample | undefined> {
    try {
      const answer = await exchange({ device, send, signal }, target, { method })
      const isOld = Number(answer.response.headers.get('age')) > 0
      const stamp = readClockBody(answer.body) ?? answer.stamp
      return isOld || !stamp ? undefined : { ...answer, stamp }
    } catch (error) {
      signal.throwIfAborted()
      cause = error
      return undefined
    }
  }

  let sample = await measure(new URL('/clock', address), 'GET')
  const hasClock = sample?.stamp.method === 'clock'
  if (sample && hasClock) samples.push(sample)
  for (let made = samples.length; made < count; made += 1) {
    if (sample?.stamp.method === 'date')
      await device.sleep(waitForSecondMs([sample, ...samples], device.monotonicMs()))
    sample = await (hasClock ? measure(new URL('/clock', address), 'GET') : measure(address, 'HEAD'))
    if (sample) samples.push(sample)
  }
  const skew = estimateSkew(samples, readClocks(device))
  if (skew) return skew
  const problem = samples.length > 0 ? 'replies come from a cache' : 'no reply tells the time'
  throw new ClientError('ERR_CLOCK_UNMEASURED', `${address.origin}: ${problem}`, { cause })
}
