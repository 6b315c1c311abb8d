import type { Moment } from './device.ts'

/** RFC 6749, 5.1. */
export interface TokenResponse {
  access_token: string
  token_type: string
  /** Seconds. */
  expires_in?: number
  refresh_token?: string
}

/** The tokens of a session. Both clocks are those of the moment before they were asked for. */
export interface TokenSet extends Moment {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  /** How long the access token is good from then on; `Infinity` when the server did not say. */
  readonly lifetimeMs: number
  /** What a login begins: the same for all that follow from it. */
  readonly session: string
  /** Counts the refreshes of the session. */
  readonly serial: number
  /** It was obtained because a server had refused the one before. */
  readonly isCure: boolean
}

/** Whether it holds a bearer token that a header can carry (RFC 6750, 2.1). */
export function isTokenResponse(body: unknown): body is TokenResponse {
  const { access_token: token, token_type: type, refresh_token: refresh = '' } = Object(body)
  return [token, type].every(isBearerToken) && /^bearer$/i.test(type) && typeof refresh === 'string'
}

function isBearerToken(token: unknown): token is string {
  return typeof token === 'string' && /^[\w.~+/-]+=*$/.test(token)
}

/** What follows from the tokens before, or begins a session. */
export function tokensFrom(
  { access_token, expires_in, refresh_token }: TokenResponse,
  asked: Moment,
  before: Partial<TokenSet>,
  isCure: boolean,
): TokenSet {
  // What is null, or cannot be made a number, tells nothing.
  const seconds = typeof expires_in === 'object' ? -1 : Number(expires_in)
  return {
    ...asked,
    accessToken: access_token,
    refreshToken: refresh_token ?? before.refreshToken,
    lifetimeMs: seconds >= 0 ? seconds * 1000 : Infinity,
    session: before.session ?? '',
    serial: (before.serial ?? 0) + 1,
    isCure,
  }
}

/** Tokens as text, for a storage and for other tabs. None of those has this one's monotonic clock: it tells their age as well. */
export function writeTokens(tokens: TokenSet, now: Moment): string {
  return JSON.stringify({ ...tokens, ageMs: now.monotonicMs - tokens.monotonicMs })
}

/** `undefined` for what is no such text. Numbers that are none make tokens due at once. */
export function readTokens(text: unknown, now: Moment): TokenSet | undefined {
  try {
    const { ageMs, ...tokens } = JSON.parse(`${text}`)
    if (!isBearerToken(tokens.accessToken)) return undefined
    // JSON has no Infinity.
    const lifetimeMs = tokens.lifetimeMs ?? Infinity
    return { ...tokens, lifetimeMs, monotonicMs: now.monotonicMs - ageMs }
  } catch {
    return undefined
  }
}
