import type { ClockStatus, MeasureContext } from 'skewproof'
import { parseHttpUrl, parseSource, readServerClock } from 'skewproof/sources'

/** What a host's clock showed at the instant `monotonicMs`, within `errorMs`. */
export interface TargetReading {
  readonly monotonicMs: number
  readonly timeMs: number
  readonly errorMs: number
  readonly method: string
  readonly claim: { readonly status: ClockStatus; readonly errorMs: number | undefined } | undefined
}

/** A host whose clock is asked for. */
export interface Target {
  /** As it was written. */
  readonly url: string
  read(context: MeasureContext): Promise<TargetReading>
}

/**
 * A web server by its URL, or any time source as `--source` writes it.
 *
 * @throws OptionError for what is neither
 */
export function parseTarget(text: string): Target {
  if (/^https?:/i.test(text)) {
    const url = parseHttpUrl('url', text)
    return { url: text, read: context => readServerClock(url, context) }
  }
  const method = text.split(':', 1)[0] ?? text
  // Its clock is asked for, however good that is.
  const isRedis = method === 'redis' || method === 'rediss'
  const source = parseSource(isRedis ? `${text}#serverError=0ms` : text)
  return {
    // A URL of Redis may hold a password; the name does not.
    url: isRedis ? source.name : text,
    read: async context => ({ ...(await source.measure(context)), method, claim: undefined }),
  }
}
