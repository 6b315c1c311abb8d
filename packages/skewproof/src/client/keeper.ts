import type { Device } from './device.ts'
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
import type { Moment } from './skew.ts'
import { joinTabs } from './tabs.ts'
import { readTokens, type TokenResponse, type TokenSet, tokensFrom, writeTokens } from './tokens.ts'

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
  readonly share: string | undefined
  /** Tokens can be had without a refresh token. */
  readonly hasCredentials: boolean
  readonly signal: AbortSignal
  /**
   * Asks for tokens, for a refresh token or in the client's own name; `undefined`: the session has ended.
   *
   * @throws ClientError when there are none now
   */
  ask(refreshToken: string | undefined): Promise<TokenResponse | undefined>
  onChange(change: SessionChange, error?: ClientError): void
}

/** Keeps the tokens of a session good. */
export interface Keeper {
  readonly state: SessionState
  /**
   * The token to send, refreshed before if it is too old; `undefined` when nobody is signed in.
   *
   * @param once the request cannot be sent again: a token that is merely due is refreshed first, if that can be done
   */
  token(once?: boolean): Promise<string | undefined>
  /** The token to try again with after a 401, fetched if that may help; `undefined` when nothing does. */
  cure(refused: string, challenge: string | null): Promise<string | undefined>
  signIn(response: TokenResponse): void
  signOut(): void
}

/** The lock of the tabs is kept for so long after a refresh. */
const settleMs = 50

/** The edge of a session: carries out what session.ts decides, with one refresh at a time. */
export function keepSession({
  device,
  storage,
  share,
  hasCredentials,
  signal,
  ask,
  onChange,
}: KeeperOptions): Keeper {
  let state = signedOut
  let pending: Promise<void> | undefined
  let failure: ClientError | undefined
  let cancelTimer = () => {}

  const now = (): Moment => ({ wallMs: device.wallMs(), monotonicMs: device.monotonicMs() })
  const canRefresh = () => hasCredentials || state.tokens?.refreshToken !== undefined

  /** Sees to the next refresh, or makes it. A service refreshes when it next needs a token. */
  function schedule(): void {
    cancelTimer()
    const inMs = refreshInMs(state, now())
    if (signal.aborted || !state.tokens?.refreshToken || inMs === Number.POSITIVE_INFINITY) return
    if (inMs > 0) cancelTimer = device.setTimer(schedule, inMs)
    else refresh().catch(() => {})
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
    try {
      const response = await ask(before?.refreshToken)
      if (state.tokens !== before) return
      if (!response) return signOut()
      accept(tokensFrom(response, asked, before ?? {}, isCure))
      publish(false)
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      failure = error
      state = failed(state, device.monotonicMs(), error.retryAfterMs, Math.random())
      onChange('waiting', error)
      throw error
    }
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
    const follows = here?.session === tokens?.session && Number(here?.serial) < Number(tokens?.serial)
    if (tokens && (!here || isLogin || follows)) accept(tokens)
  }

  function publish(isLogin: boolean): void {
    if (!state.tokens) return
    const text = writeTokens(state.tokens, now())
    tabs.post({ text, isLogin })
    save(text)
  }

  // Without its storage, which may be full or forbidden, a session lives on in memory.
  async function adoptStored(): Promise<void> {
    try {
      adopt(await storage?.load())
    } catch {}
  }
  async function save(text: string | null): Promise<void> {
    try {
      await storage?.save(text)
    } catch {}
  }

  const tabs = joinTabs(
    share,
    () => device.sleep(settleMs),
    message => {
      const { text, isLogin, ended } = Object(message)
      if (text) adopt(text, isLogin)
      else if (!ended) publish(false)
      else if (ended === state.tokens?.session) forget()
    },
  )
  tabs.open()
  const loaded = adoptStored()
  onEvents(['online', 'pagehide', 'pageshow', 'visibilitychange', 'resume', 'focus'], signal, type => {
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
    async token(once) {
      await loaded
      const { tokens } = state
      if (canRefresh()) {
        if (!tokens || remainingMs(tokens, now()) <= 0) await refresh()
        else if (refreshInMs(state, now()) === 0) {
          const refreshed = refresh().catch(() => {})
          if (once) await refreshed
        }
      }
      return state.tokens?.accessToken
    },
    async cure(refused, challenge) {
      const step = after401(refused, challenge, state, now())
      if (step === 'give-up') return undefined
      if (step === 'refresh' && canRefresh()) await refresh(true)
      const token = state.tokens?.accessToken
      return token === refused ? undefined : token
    },
    signIn(response) {
      accept(tokensFrom(response, now(), { session: `${Math.random()}` }, false))
      publish(true)
    },
    signOut,
  }
}
