import { type Device, readClocks, systemDevice } from './device.ts'
import { ClientError } from './errors.ts'
import { keepSession, type TokenStorage } from './keeper.ts'
import { baseAddress, readUrl } from './scope.ts'
import { type ClockSkew, type ExchangeSample, sampleSkew } from './skew.ts'
import { joinTabs } from './tabs.ts'
import { askForTokens, type Credentials } from './token-endpoint.ts'

export interface TokenClientOptions {
  /** The token endpoint (RFC 6749, 3.2). */
  tokenUrl: string | URL
  /** The `client_id` that a refresh names, where the server wants one. */
  clientId?: string | undefined
  /** Tokens are sent to these origins alone. Default: the page's and that of `tokenUrl`. */
  origins?: readonly string[] | undefined
  /** Default: memory. A page that is loaded again then has the tokens of other tabs, or none. */
  storage?: TokenStorage | undefined
  /** Tabs and workers of an origin that name the same share a session; `null`: alone. Default in browsers: `tokenUrl`. */
  share?: string | null | undefined
  /** Sends the requests. Default: the global `fetch`. */
  fetch?: typeof fetch | undefined
  /** Whose clocks and timers to use. Default: this device's. */
  device?: Device | undefined
}

/** What a user interface shows. A new object with every change. */
export interface TokenClientState {
  readonly isSignedIn: boolean
  /** Tokens could not be refreshed, and it is tried again. */
  readonly isWaiting: boolean
  /** How wrong the device's clock is, by the last answer of the token endpoint. Nothing here depends on it; other software may. */
  readonly clockSkew: ClockSkew | undefined
}

/**
 * - `waiting`: a refresh failed; `error` says why, and how soon it is tried again.
 * - `clock-skew`: `state.clockSkew` was measured anew.
 * - `not-retried`: a request got a 401 that another token would have cured, but its body was a stream, which cannot be sent again.
 */
export interface TokenClientEvent {
  readonly type: 'signed-in' | 'signed-out' | 'refreshed' | 'waiting' | 'clock-skew' | 'not-retried'
  readonly error?: ClientError | undefined
}

/** A `fetch` that carries a token, and sees to it that the token is good. */
export interface TokenClient {
  /**
   * As the global `fetch`. Requests to other origins, or with an `Authorization` of their own, are passed on as they are.
   *
   * @throws ClientError `ERR_TOKEN_UNAVAILABLE`, `ERR_TOKEN_REDIRECT`
   */
  readonly fetch: typeof fetch
  readonly state: TokenClientState
  /**
   * A good access token, for what is no `fetch`; `undefined` when nobody is signed in.
   *
   * @throws ClientError `ERR_TOKEN_UNAVAILABLE`
   */
  accessToken(): Promise<string | undefined>
  /**
   * The token to send once more with, for what is no `fetch`, after a 401 that another token can cure; `undefined` when none can.
   *
   * @param refused the token that was sent
   * @param challenge the answer's `WWW-Authenticate`
   * @throws ClientError `ERR_TOKEN_UNAVAILABLE`
   */
  tokenAfter(refused: string, challenge: string | null): Promise<string | undefined>
  /** Whether requests to this address carry the token: it is of `origins`, and not the token endpoint itself. */
  covers(address: URL): boolean
  /**
   * Takes what the token endpoint, or the application's own login, answered: a `TokenResponse`.
   *
   * @throws ClientError `ERR_TOKEN_UNAVAILABLE`: that is no token response
   */
  signIn(response: unknown): void
  /** Forgets the tokens, in all tabs. To revoke them is the server's. */
  signOut(): void
  /** Gives the way to stop. */
  subscribe(listener: (event: TokenClientEvent) => void): () => void
  close(): void
}

type FetchInput = Parameters<typeof fetch>[0]

/**
 * Keeps tokens good by `expires_in` and the monotonic clock: what the device's clock shows does not matter.
 *
 * ```ts
 * const { fetch, signIn } = createTokenClient({ tokenUrl: 'https://auth.example.com/oauth2/token' })
 * ```
 *
 * @throws ClientError `ERR_OPTION`: `tokenUrl` or one of `origins` is no URL
 */
export function createTokenClient(options: TokenClientOptions): TokenClient {
  return clientWith(options, joinTabs)
}

/**
 * @param join what shares the session with other tabs
 * @param credentials of a service; without them somebody has to sign in
 */
export function clientWith(
  options: TokenClientOptions,
  join: typeof joinTabs,
  credentials?: Credentials,
): TokenClient {
  const base = baseAddress()
  const url = readUrl('tokenUrl', options.tokenUrl, base)
  const { clientId, storage, fetch: send = fetch, device = systemDevice } = options
  const { origins = [url, base ?? url], share = base && url.href } = options
  const allowed = origins.map(origin => `${readUrl('origins', origin).origin}/`)
  const closing = new AbortController()
  const { signal } = closing
  const listeners = new Set<(event: TokenClientEvent) => void>()
  let clockSkew: ClockSkew | undefined

  function shown(): TokenClientState {
    return { isSignedIn: Boolean(keeper.state.tokens), isWaiting: keeper.state.failures > 0, clockSkew }
  }

  function emit(type: TokenClientEvent['type'], error?: ClientError): void {
    state = shown()
    // What a listener throws is its own affair.
    for (const listener of listeners) queueMicrotask(() => listener({ type, error }))
  }

  const keeper = keepSession({
    device,
    storage,
    share,
    join,
    hasCredentials: Boolean(credentials),
    signal,
    ask: refreshToken => {
      const renewal = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId }
      const form = credentials?.form ?? renewal
      return askForTokens({ device, send, signal }, url, onAnswer, form, credentials?.headers)
    },
    onChange: emit,
  })
  let state = shown()

  function onAnswer(sample: ExchangeSample | undefined): void {
    clockSkew = sample && sampleSkew(sample, readClocks(device))
    emit('clock-skew')
  }

  /** The token endpoint itself is asked for a token, and not with one. */
  const covers = ({ href }: URL): boolean =>
    href !== url.href && allowed.some(origin => href.startsWith(origin))

  async function tokenFetch(input: FetchInput, init: RequestInit = {}): Promise<Response> {
    const request = 'headers' in Object(input) ? (input as Request) : undefined
    const target = new URL(request?.url ?? `${input}`, base)
    const headers = new Headers(init.headers ?? request?.headers)
    const isStream = Symbol.asyncIterator in Object(init.body) || init.body instanceof ReadableStream
    const isOurs = covers(target) && !headers.has('authorization')
    const token = isOurs && (await keeper.accessToken())
    if (!token) return send(input, init)

    const answer = await attempt(token)
    if (answer.status !== 401) return answer
    const cure = keeper.tokenAfter(token, answer.headers.get('www-authenticate'))
    if (isStream) {
      if (await cure.catch(() => true)) emit('not-retried')
      return answer
    }
    const next = await cure
    if (!next) return answer
    // Its end may never come.
    await answer.body?.cancel().catch(() => {})
    return attempt(next)

    async function attempt(token: string): Promise<Response> {
      headers.set('authorization', `Bearer ${token}`)
      const redirect = init.redirect ?? 'manual'
      const response = await send(request?.clone() ?? target.href, { ...init, headers, redirect })
      // Where a redirect leads, a page learns only by following it, with the token.
      if (!init.redirect && (response.type === 'opaqueredirect' || /^30[12378]/.test(`${response.status}`))) {
        throw new ClientError(
          'ERR_TOKEN_REDIRECT',
          `${target.origin}${target.pathname} redirects; tokens do not follow`,
        )
      }
      return response
    }
  }

  return {
    ...keeper,
    fetch: tokenFetch,
    covers,
    get state() {
      return state
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => closing.abort(),
  }
}
