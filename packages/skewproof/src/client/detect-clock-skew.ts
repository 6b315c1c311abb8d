import { readClockBody } from '../time/index.ts'
import { type Device, readClocks, systemDevice } from './device.ts'
import { ClientError } from './errors.ts'
import { exchange } from './exchange.ts'
import { baseAddress, readUrl } from './scope.ts'
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
 * @throws ClientError `ERR_OPTION`: an option cannot be used
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
  const address = readUrl('url', url, baseAddress())
  let cause: unknown

  /** Asks `/clock` by `GET`, the address itself by `HEAD`. */
  async function measure(method: 'GET' | 'HEAD'): Promise<ExchangeSample | undefined> {
    const target = method === 'GET' ? new URL('/clock', address) : address
    try {
      const { response, sample } = await exchange({ device, send, signal }, target, { method }, readClockBody)
      const isOld = Number(response.headers.get('age')) > 0
      return isOld ? undefined : sample
    } catch (error) {
      signal.throwIfAborted()
      cause = error
      return undefined
    }
  }

  let sample = await measure('GET')
  const method = sample?.method === 'clock' ? 'GET' : 'HEAD'
  const samples = sample && method === 'GET' ? [sample] : []
  for (let made = samples.length; made < count; made += 1) {
    if (sample?.method === 'date')
      await device.sleep(waitForSecondMs([sample, ...samples], device.monotonicMs()))
    sample = await measure(method)
    if (sample) samples.push(sample)
  }
  const skew = estimateSkew(samples, readClocks(device))
  if (skew) return skew
  const problem = samples.length > 0 ? 'replies come from a cache' : 'no reply tells the time'
  throw new ClientError('ERR_CLOCK_UNMEASURED', `${address.origin}: ${problem}`, { cause })
}
