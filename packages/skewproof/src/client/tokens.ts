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
  return isBearerToken(token) && /^bearer$/i.test(type) && typeof refresh === 'string'
}

function isBearerToken(token: unknown): token is string {
  return typeof token === 'string' && /^[\w.~+/-]+=*$/.test(token)
}

/** What follows from the tokens before, or begins a session. */
export function tokensFrom(
  { access_token, expires_in: seconds = -1, refresh_token }: TokenResponse,
  asked: Moment,
  before: Partial<TokenSet>,
  isCure: boolean,
): TokenSet {
  return {
    ...asked,
    accessToken: access_token,
    refreshToken: refresh_token ?? before.refreshToken,
    lifetimeMs: seconds >= 0 ? seconds * 1000 : Number.POSITIVE_INFINITY,
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
    const lifetimeMs = tokens.lifetimeMs ?? Number.POSITIVE_INFINITY
    return { ...tokens, lifetimeMs, monotonicMs: now.monotonicMs - ageMs }
  } catch {
    return undefined
  }
}
