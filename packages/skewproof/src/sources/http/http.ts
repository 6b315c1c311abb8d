import { SourceError, type TimeSource } from '../../clock/index.ts'
import { type Duration, OptionError, parseDurationMs } from '../../time/index.ts'
import { requireCertificate } from '../net/certificate.ts'
import { quote } from '../net/quote.ts'
import type { HttpConnectionOptions } from './connection.ts'
import type { ServerClock } from './exchanges.ts'
import { readServerClock } from './server-clock.ts'

export interface HttpSourceOptions extends HttpConnectionOptions {
  /** As what it is shown. Default: the URL without its query. */
  name?: string
  /**
   * How wrong the server's own clock may be, where the server does not say so itself: when it has no `/clock`. Default 1 s, with
   * which it can vote against clocks that are far off, but not keep a clock `synchronized` that must be within 1 s (`maxError`).
   */
  serverError?: Duration
  /** Never ask more often than this. Default 2 s, which is asked only at the start; later every 64 s. */
  minPoll?: Duration
}

/**
 * A web server as a source of time: the `/clock` of a Skewproof service, else the header `X-Server-Time`, else `Date`. A URL
 * without a path means its `/clock`.
 *
 * Its bound is half of the round trip and the server's own bound, as `/clock` states it or `serverError` does. Over TLS it is
 * authenticated.
 *
 * @throws OptionError when the URL or an option cannot be used
 */
export function http(url: string | URL, options: HttpSourceOptions = {}): TimeSource {
  const target = parseHttpUrl('url', url)
  const serverErrorMs = parseDurationMs('serverError', options.serverError ?? '1s')
  const { name = `${target.origin}${target.pathname}`, ca } = options
  if (ca !== undefined) requireCertificate(ca)
  return {
    name,
    authenticated: target.protocol === 'https:',
    minPollMs: parseDurationMs('minPoll', options.minPoll ?? '2s'),
    async measure(context) {
      const clock = await readServerClock(target, context, options)
      const { monotonicMs, timeMs, errorMs } = clock
      return { monotonicMs, timeMs, errorMs: errorMs + ownErrorMs(clock, serverErrorMs, target) }
    },
  }
}

/** How far the server's clock may be from true time. @throws SourceError when it says that it does not know */
function ownErrorMs({ claim }: ServerClock, serverErrorMs: number, { host }: URL): number {
  if (claim === undefined) return serverErrorMs
  const { status, errorMs = Number.POSITIVE_INFINITY } = claim
  if ((status !== 'synchronized' && status !== 'holdover') || !Number.isFinite(errorMs))
    throw new SourceError('unsynchronized', `the clock of ${host} is ${status}`)
  return errorMs
}

/**
 * What is asked: `/clock` where no path is given.
 *
 * @throws OptionError that names `option`
 */
export function parseHttpUrl(option: string, given: string | URL): URL {
  const text = String(given)
  const shown = quote(text)
  if (!URL.canParse(text)) throw new OptionError(option, `${shown} is not a URL; use https://HOST/clock`)
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new OptionError(option, `${shown} is neither https: nor http:`)
  if (url.username !== '' || url.password !== '')
    throw new OptionError(
      option,
      'a URL with a password in it cannot be used; leave out what is before the @',
    )
  url.hash = ''
  if (url.pathname === '/' && url.search === '') url.pathname = '/clock'
  return url
}
