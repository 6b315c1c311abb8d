import { isCurable } from './challenge.ts'
import type { Moment } from './device.ts'
import type { TokenSet } from './tokens.ts'

/** All that decides when to refresh. Instants are on the monotonic clock. */
export interface SessionState {
  readonly tokens: TokenSet | undefined
  /** Attempts in a row that gave nothing. */
  readonly failures: number
  /** No attempt before this, whoever asks. */
  readonly notBeforeMs: number
  /** No attempt of its own accord before this. */
  readonly retryAtMs: number
}

export const signedOut: SessionState = { tokens: undefined, failures: 0, notBeforeMs: 0, retryAtMs: 0 }

/** A token is refreshed when a fifth of its life is left, but no sooner than a minute before its end. */
const maxMarginMs = 60_000

const minRetryMs = 1000
const maxRetryMs = 60_000

/** New tokens. However short their life is, there is a pause before the next refresh. */
export function obtained(tokens: TokenSet, monotonicMs: number): SessionState {
  return { ...signedOut, tokens, retryAtMs: monotonicMs + minRetryMs }
}

/**
 * The server could not be reached, or has no answer now.
 *
 * @param random uniform in [0, 1)
 */
export function failed(
  { tokens, failures }: SessionState,
  monotonicMs: number,
  retryAfterMs: number | undefined,
  random: number,
): SessionState {
  const notBeforeMs = monotonicMs + (retryAfterMs ?? minRetryMs)
  const backOffMs = Math.min(maxRetryMs, minRetryMs * 2 ** failures) * (1 + random)
  return {
    tokens,
    failures: failures + 1,
    notBeforeMs,
    retryAtMs: Math.max(notBeforeMs, monotonicMs + backOffMs),
  }
}

/** The network is back, or so they say. */
export function online(state: SessionState): SessionState {
  return { ...state, retryAtMs: state.notBeforeMs }
}

/**
 * How long the access token can be relied on. The monotonic clock may have stood still while the device slept; then the
 * device's clock, by its difference and not by what it shows, tells of more. It can make a token older, never younger.
 */
export function remainingMs(tokens: TokenSet, now: Moment): number {
  return tokens.lifetimeMs - Math.max(0, now.monotonicMs - tokens.monotonicMs, now.wallMs - tokens.wallMs)
}

/** How soon to refresh of its own accord: 0 is now; `Infinity` is never. */
export function refreshInMs({ tokens, retryAtMs }: SessionState, now: Moment): number {
  if (!tokens) return Infinity
  const dueInMs = remainingMs(tokens, now) - Math.min(tokens.lifetimeMs / 5, maxMarginMs)
  return Math.max(0, dueInMs, retryAtMs - now.monotonicMs)
}

/**
 * What cures a 401 for a token: a refresh; the token that there is by now; or `undefined`, nothing that the client can do. A server that
 * refuses even the token that was fetched because it had refused the one before is not asked a third time.
 */
export function after401(
  accessToken: string,
  challenge: string | null,
  state: SessionState,
  now: Moment,
): 'refresh' | 'resend' | undefined {
  const { tokens } = state
  if (!tokens || !isCurable(challenge)) return undefined
  if (tokens.accessToken !== accessToken) return 'resend'
  return tokens.isCure && refreshInMs(state, now) > 0 ? undefined : 'refresh'
}
