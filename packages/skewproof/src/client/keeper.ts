import { type Device, readClocks } from './device.ts'
import { ClientError } from './errors.ts'
import { onEvents } from './scope.ts'
import {
  after401,
  failed,
  obtained,
  online,
  refreshInMs,
  remainingMs,
  type SessionState,
  signedOut,
} from './session.ts'
import type { joinTabs } from './tabs.ts'
import {
  isTokenResponse,
  readTokens,
  type TokenResponse,
  type TokenSet,
  tokensFrom,
  writeTokens,
} from './tokens.ts'

/** Where tokens are kept between page loads. What can read it can use them. */
export interface TokenStorage {
  load(): string | null | Promise<string | null>
  /** `null`: there are none any more. */
  save(tokens: string | null): void | Promise<void>
}

/** What happens to a session. */
export type SessionChange = 'signed-in' | 'signed-out' | 'refreshed' | 'waiting'

export interface KeeperOptions {
  readonly device: Device
  readonly storage: TokenStorage | undefined
  /** The name under which tabs share the session, if they do. */
  readonly share: string | null | undefined
  /** Shares it: a service has no tabs, and does not pay for them. */
  readonly join: typeof joinTabs
  /** Tokens can be had without a refresh token. */
  readonly hasCredentials: boolean
  readonly signal: AbortSignal
  /**
   * Asks for tokens, for a refresh token or in the client's own name. Gives an error when there are none now, and `undefined`
   * when the session has ended.
   */
  ask(refreshToken: string | undefined): Promise<TokenResponse | ClientError | undefined>
  onChange(change: SessionChange, error?: ClientError): void
}

/** Keeps the tokens of a session good. */
export interface Keeper {
  readonly state: SessionState
  /** The token to send, refreshed before if it is too old; `undefined` when nobody is signed in. */
  accessToken(): Promise<string | undefined>
  /** The token to try again with after a 401, fetched if that may help; `undefined` when nothing does. */
  tokenAfter(refused: string, challenge: string | null): Promise<string | undefined>
  signIn(response: unknown): void
  signOut(): void
}

/** The edge of a session: carries out what session.ts decides, with one refresh at a time. */
export function keepSession({
  device,
  storage,
  share,
  join,
  hasCredentials,
  signal,
  ask,
  onChange,
}: KeeperOptions): Keeper {
  let state = signedOut
  let pending: Promise<void> | undefined
  let failure: ClientError | undefined
  let cancelTimer = () => {}

  const now = () => readClocks(device)
  /** In this time a message gets from one tab to another, and back. */
  const settle = () => device.sleep(100)
  const canRefresh = () => hasCredentials || state.tokens?.refreshToken

  /** Sees to the next refresh, or makes it. A service has no timer: it looks when it needs a token. */
  function schedule(): void {
    cancelTimer()
    const inMs = refreshInMs(state, now())
    if (signal.aborted || !canRefresh()) return
    if (inMs === 0) quietly(refresh)
    else if (!hasCredentials && inMs < Infinity) cancelTimer = device.setTimer(schedule, inMs)
  }

  /** One at a time, and none before the server said. */
  async function refresh(isCure = false): Promise<void> {
    if (!pending) {
      const { tokens, notBeforeMs } = state
      if (failure && device.monotonicMs() < notBeforeMs) throw failure
      pending = tabs
        .exclusively(() => renew(tokens, isCure))
        .finally(() => {
          pending = undefined
          schedule()
        })
    }
    return pending
  }

  async function renew(before: TokenSet | undefined, isCure: boolean): Promise<void> {
    await adoptStored()
    // Another tab was faster, or the user has signed in or out.
    if (state.tokens !== before) return
    const asked = now()
    const answer = await ask(before?.refreshToken)
    if (state.tokens !== before) return
    if (!answer) return signOut()
    if (answer instanceof ClientError) {
      failure = answer
      state = failed(state, device.monotonicMs(), answer.retryAfterMs, Math.random())
      onChange('waiting', answer)
      throw answer
    }
    accept(tokensFrom(answer, asked, before ?? {}, isCure))
    publish(false)
  }

  function accept(tokens: TokenSet): void {
    const isRefresh = state.tokens?.session === tokens.session
    state = obtained(tokens, device.monotonicMs())
    schedule()
    onChange(isRefresh ? 'refreshed' : 'signed-in')
  }

  function forget(): void {
    state = signedOut
    cancelTimer()
    save(null)
    onChange('signed-out')
  }

  function signOut(): void {
    tabs.post({ ended: state.tokens?.session })
    forget()
  }

  /** Takes what another tab or the storage has: a login, or what follows from the tokens that are here. */
  function adopt(text: unknown, isLogin?: boolean): void {
    const tokens = readTokens(text, now())
    const here = state.tokens
    if (!tokens) return
    if (!here || isLogin || (here.session === tokens.session && here.serial < tokens.serial)) accept(tokens)
  }

  function publish(isLogin: boolean): void {
    if (!state.tokens) return
    const text = writeTokens(state.tokens, now())
    tabs.post({ text, isLogin })
    save(text)
  }

  // Without its storage, which may be full or forbidden, a session lives on in memory.
  const adoptStored = () => quietly(async () => adopt(await storage?.load()))
  const save = (text: string | null) => quietly(async () => storage?.save(text))

  const tabs = join(share, settle, message => {
    const { text, isLogin, ended } = Object(message)
    if (text) adopt(text, isLogin)
    else if (!ended) publish(false)
    else if (ended === state.tokens?.session) forget()
  })
  tabs.open()
  // Other tabs may have tokens: a page's first request waits for their word.
  const loaded = adoptStored().then(() => (share && !state.tokens ? settle() : undefined))
  onEvents(['online', 'pagehide', 'pageshow', 'visibilitychange'], signal, type => {
    if (type === 'online') state = online(state)
    if (type === 'pagehide') tabs.close()
    if (type === 'pageshow') tabs.open()
    schedule()
  })
  signal.addEventListener('abort', () => {
    cancelTimer()
    tabs.close()
  })

  return {
    get state() {
      return state
    },
    async accessToken() {
      await loaded
      const { tokens } = state
      if (tokens && remainingMs(tokens, now()) > 0) schedule()
      else if (canRefresh()) {
        await refresh().catch(error => {
          // That it is too old may only be what the device's clock says.
          if (!tokens || remainingMs(tokens, { ...tokens, monotonicMs: device.monotonicMs() }) <= 0)
            throw error
        })
      }
      return state.tokens?.accessToken
    },
    async tokenAfter(refused, challenge) {
      const step = after401(refused, challenge, state, now())
      if (!step) return undefined
      if (step === 'refresh' && canRefresh()) await refresh(true)
      const token = state.tokens?.accessToken
      return token === refused ? undefined : token
    },
    signIn(response) {
      if (!isTokenResponse(response)) throw new ClientError('ERR_TOKEN_UNAVAILABLE', 'no token response')
      accept(tokensFrom(response, now(), { session: `${Math.random()}` }, false))
      publish(true)
    },
    signOut,
  }
}

/** For what may fail without consequence. */
async function quietly(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch {}
}
