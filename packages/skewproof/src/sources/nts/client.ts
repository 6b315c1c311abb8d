import { type MeasureContext, SourceError, type TimeSample } from '../../clock/source.ts'
import { formatDuration } from '../../time/index.ts'
import { type Endpoint, formatEndpoint } from '../net/endpoint.ts'
import { UdpEndpoint } from '../net/udp.ts'
import { sampleOf } from '../ntp/answer.ts'
import { type Aead, loadAead } from './aead.ts'
import { keyRetryMs } from './backoff.ts'
import { CookiePool, maxCookies } from './cookies.ts'
import { type AuthenticReply, prepareExchange } from './exchange.ts'
import { establishKeys, type Keys } from './key-establishment.ts'

/** What one key establishment has given. */
interface Session {
  readonly keys: Keys
  readonly udp: UdpEndpoint
  readonly cookies: CookiePool
  /** By the uptime. */
  readonly expiresAtMs: number
  /** Measurements in a row without an authentic reply, from the first on in which a cookie was refused. */
  refusals: number
}

/** A refusal is not authenticated: it is acted upon when the next attempt has failed too (RFC 8915, section 5.7). */
const refusalsUntilNewKeys = 2

/** A certificate that is renewed, revoked or stolen must not be trusted for ever: four weeks, as chronyd has it. */
const keyLifetimeMs = 28 * 86_400_000

/** An NTS server, and the keys and cookies that are shared with it. */
export class NtsClient {
  readonly #endpoint: Endpoint
  readonly #ca: string | undefined
  #session: Session | undefined
  /** Key establishments since a reply was last authenticated. */
  #attempts = 0
  /** Not to begin another before, by the uptime. */
  #notBeforeMs = 0
  #lastFailure = ''

  constructor(endpoint: Endpoint, ca: string | undefined) {
    this.#endpoint = endpoint
    this.#ca = ca
  }

  /** @throws SourceError, or what the signal was aborted with */
  async measure(context: MeasureContext): Promise<TimeSample> {
    const aead = await loadAead()
    const session = await this.#sessionFor(context)
    const { packet, roundTrip, cookies } = await this.#exchange(aead, session, context)
    session.cookies.add(cookies)
    session.refusals = 0
    this.#attempts = 0
    this.#notBeforeMs = 0
    return sampleOf(packet, roundTrip)
  }

  async #exchange(aead: Aead, session: Session, context: MeasureContext): Promise<AuthenticReply> {
    const { keys, udp, cookies } = session
    const cookie = cookies.take()
    if (cookie === undefined) throw new SourceError('unauthenticated', 'no cookie is left')
    let isRefused = false
    const { request, read } = prepareExchange({
      aead,
      keys,
      cookie,
      wantedCookies: maxCookies - cookies.size,
      onRefused: () => {
        isRefused = true
      },
    })
    try {
      return await udp.connect(context, connection => connection.exchange(request, read))
    } catch (error) {
      if (isRefused || session.refusals > 0) session.refusals += 1
      this.#lastFailure = 'no reply to the last keys was authentic'
      throw error
    }
  }

  async #sessionFor(context: MeasureContext): Promise<Session> {
    const nowMs = context.host.uptimeMs()
    if (this.#session !== undefined && isUsable(this.#session, nowMs)) return this.#session
    const keys = await this.#establish(context)
    const session = {
      keys,
      udp: new UdpEndpoint(keys.endpoint),
      cookies: new CookiePool(),
      expiresAtMs: nowMs + keyLifetimeMs,
      refusals: 0,
    }
    session.cookies.add(keys.cookies)
    this.#session = session
    return session
  }

  async #establish(context: MeasureContext): Promise<Keys> {
    const waitMs = this.#notBeforeMs - context.host.uptimeMs()
    if (waitMs > 0) throw this.#tooSoon(waitMs)
    this.#attempts += 1
    const retryAfterMs = keyRetryMs(this.#attempts)
    this.#notBeforeMs = context.host.uptimeMs() + retryAfterMs
    try {
      return await establishKeys(this.#endpoint, this.#ca, context)
    } catch (error) {
      this.#lastFailure = error instanceof Error ? error.message : String(error)
      if (context.signal.aborted || !(error instanceof SourceError)) throw error
      throw new SourceError(error.reason, error.message, { retryAfterMs, cause: error.cause ?? error })
    }
  }

  /** A server must not be overwhelmed with handshakes (RFC 8915, section 4.2). */
  #tooSoon(waitMs: number): SourceError {
    const name = formatEndpoint(this.#endpoint, 0)
    return new SourceError(
      'unreachable',
      `new keys of ${name} cannot be asked for within the next ${formatDuration(waitMs)}; ${this.#lastFailure}`,
      { retryAfterMs: waitMs },
    )
  }
}

function isUsable({ cookies, expiresAtMs, refusals }: Session, nowMs: number): boolean {
  return cookies.size > 0 && refusals < refusalsUntilNewKeys && nowMs < expiresAtMs
}
