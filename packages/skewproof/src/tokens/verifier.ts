import type { Clock, ClockReading } from '../clock/clock.ts'
import type { HostClock } from '../clock/host.ts'
import { systemHostClock } from '../clock/system.ts'
import { unsynchronizedClock } from '../clock/unsynchronized.ts'
import { OptionError } from '../time/index.ts'
import { TokenCache } from './cache.ts'
import { RevocationIndex } from './changes.ts'
import {
  audienceMatches,
  badClaim,
  checkClaimTypes,
  freezeClaims,
  requireClaims,
  type TokenClaims,
  timeClaimsOf,
} from './claims.ts'
import { judgeTime, type StoreAge, type TimeClaims, type TimeDecision } from './decision.ts'
import { storeUnavailable, TokenError } from './errors.ts'
import {
  defaultMaxTokenLength,
  type JwsHeader,
  parseJws,
  parsePayload,
  verifySignature,
} from './jws/index.ts'
import { type KeySource, keysDocument, type VerificationKey } from './keys/index.ts'
import { Listeners, type ListenersOf } from './listeners.ts'
import { acceptance, type Findings, issuerOffsetMs, refusal, type VerifierEvents } from './observation.ts'
import { observeStore } from './observed-store.ts'
import { requireCount, requireText } from './options.ts'
import { type TimePolicy, type TimePolicyOptions, timePolicy } from './policy.ts'
import { isRefused, timeRefusal } from './refusal.ts'
import type { StatusReference } from './status/reference.ts'
import { RemoteStatusLists, type StatusListOptions } from './status/remote-lists.ts'
import type { ChangeFeed, LiveToken, StoreChange, TokenStore } from './store.ts'

/** What is known of a token that was accepted. */
export interface VerifiedToken<Claims extends TokenClaims = TokenClaims> {
  readonly claims: Claims
  readonly jti: string | undefined
  readonly header: JwsHeader
  /** `ambiguous`: some possible true times would have refused it. */
  readonly verdict: 'valid' | 'ambiguous'
  /** The reading on which the decision was made. */
  readonly clock: ClockReading
  /** The issuer's clock minus this verifier's, where a store that both share can tell; positive: the issuer is ahead. */
  readonly issuerOffsetMs: number | undefined
}

/** Verifies tokens of one issuer. */
export interface Verifier<Claims extends TokenClaims = TokenClaims> {
  /** @throws TokenError with the reason; never anything else, whatever the input */
  verify(token: string): Promise<VerifiedToken<Claims>>
  /**
   * The answer for a token that has been verified before, without I/O: judged again by the same decision, and never
   * older than its revocation. `undefined` when `verify` has to be asked.
   *
   * @throws TokenError as `verify`
   */
  verifyCached(token: string): VerifiedToken<Claims> | undefined
  /** What a listener throws is thrown again outside: it decides on no token. */
  on<E extends keyof VerifierEvents>(event: E, listener: (event: VerifierEvents[E]) => void): this
  off<E extends keyof VerifierEvents>(event: E, listener: (event: VerifierEvents[E]) => void): this
  close(): void
}

export interface VerificationOptions extends TimePolicyOptions {
  /** The only issuer that is accepted (`iss`). */
  issuer: string
  /** One of these must be named in `aud`; `null`: it is not checked, and that is meant so. */
  audience: string | readonly string[] | null
  /** Where time comes from. Default: this machine's wall clock, which nothing is known about. */
  clock?: Clock | undefined
  /** Asked whether the token is live; without it, and without `statusList`, a token cannot be revoked. */
  store?: TokenStore | undefined
  /** Whether a token was revoked is read from the status list that it names; for verifiers without the store. */
  statusList?: boolean | StatusListOptions | undefined
  /** Accepted values of the header's `typ`; `null` stands for none. Default `at+jwt`, `JWT` and none. */
  types?: readonly (string | null)[] | undefined
  /** Claims without which a token is refused. Default `exp`. */
  requiredClaims?: readonly string[] | undefined
  /** Longer tokens are refused. Default 8192 characters. */
  maxTokenLength?: number | undefined
  /** How many verified tokens are kept. Default 10,000; 0 turns the cache off. */
  cacheSize?: number | undefined
  /** This machine's raw clocks; for tests. */
  host?: HostClock | undefined
}

interface CacheEntry {
  readonly jti: string
  readonly subject: string
  readonly familyId: string | undefined
  readonly claims: TokenClaims
  readonly times: TimeClaims
  readonly header: JwsHeader
  readonly key: VerificationKey
  readonly live: LiveToken | undefined
  readonly status: StatusReference | undefined
  /** When `live` was measured, by the host's monotonic clock and by the verifier's. */
  readonly atMonotonicMs: number
  readonly atTimeMs: number
  /** The newest change that it has been checked against. */
  sequence: number
}

/** How far the two clocks may part before what the store said is measured again: a suspend stops only one of them. */
const maxPartingMs = 1000

const maxRemembered = 100_000

/** What a token service shares with its verifier. */
interface VerifierParts {
  /** Called when what the key source knows may be out of date. */
  readonly forgetKeys?: () => void
  readonly listeners?: ListenersOf<VerifierEvents>
}

/** @internal The verifier proper; `createVerifier` and the token service are its public faces. */
export class TokenVerifier implements Verifier {
  readonly #keys: KeySource
  readonly #clock: Clock
  readonly #host: HostClock
  readonly #store: TokenStore | undefined
  readonly #policy: TimePolicy
  readonly #issuer: string
  readonly #audiences: readonly string[] | null
  readonly #types: readonly (string | null)[]
  readonly #requiredClaims: readonly string[]
  readonly #maxTokenLength: number
  readonly #forgetKeys: () => void
  readonly #cache: TokenCache<CacheEntry>
  readonly #index = new RevocationIndex(maxRemembered)
  readonly #feed: ChangeFeed | undefined
  readonly #statusLists: RemoteStatusLists | undefined
  readonly #listeners: ListenersOf<VerifierEvents>

  constructor(
    keys: KeySource,
    options: VerificationOptions,
    { forgetKeys = () => {}, listeners = { verification: new Listeners() } }: VerifierParts = {},
  ) {
    this.#keys = keys
    this.#host = options.host ?? systemHostClock
    this.#clock = options.clock ?? unsynchronizedClock(this.#host)
    this.#store = options.store && observeStore(options.store)
    this.#policy = timePolicy(options)
    this.#issuer = requireText('issuer', options.issuer)
    this.#audiences = audiencesOf(options.audience)
    this.#types = (options.types ?? ['at+jwt', 'JWT', null]).map(normalizeType)
    this.#requiredClaims = options.requiredClaims ?? ['exp']
    this.#maxTokenLength = requireCount(
      'maxTokenLength',
      options.maxTokenLength ?? defaultMaxTokenLength,
      64,
      65_536,
    )
    this.#forgetKeys = forgetKeys
    this.#listeners = listeners
    this.#cache = new TokenCache(requireCount('cacheSize', options.cacheSize ?? 10_000, 0, 10_000_000))
    this.#statusLists = this.#statusListsOf(options)
    this.#feed = options.store?.openFeed()
  }

  verifyCached(token: string): VerifiedToken | undefined {
    if (typeof token !== 'string') return undefined
    const entry = this.#cache.get(token)
    if (entry === undefined || !this.#isCurrent(token, entry)) return undefined
    if (!this.#listeners.verification.isHeard) return this.#judgeAgain(entry)
    try {
      const verified = this.#judgeAgain(entry)
      if (verified !== undefined) this.#listeners.verification.tell(acceptance(verified, true))
      return verified
    } catch (error) {
      const reading = this.#clock.now()
      const live = entry.live && this.#ageOf(entry, entry.live, reading)
      this.#listeners.verification.tell(refusal(error, { claims: entry.claims, live }, reading, true))
      throw error
    }
  }

  #judgeAgain(entry: CacheEntry): VerifiedToken | undefined {
    const reading = this.#clock.now()
    const live = entry.live && this.#ageOf(entry, entry.live, reading)
    if (live === undefined && entry.live !== undefined) return undefined
    const verified = this.#conclude(
      entry.claims,
      entry.header,
      judgeTime(entry.times, reading, this.#policy, live),
      reading,
      live,
    )
    if (entry.status === undefined) return verified
    const status = this.#statusLists?.find(entry.status, reading)
    if (status === undefined) return undefined
    requireValid(status, reading)
    return verified
  }

  async verify(token: string): Promise<VerifiedToken> {
    const cached = this.verifyCached(token)
    if (cached !== undefined) return cached
    const findings: Findings = {}
    try {
      const verified = await this.#verifyAnew(token, findings)
      if (this.#listeners.verification.isHeard) this.#listeners.verification.tell(acceptance(verified, false))
      return verified
    } catch (error) {
      if (this.#listeners.verification.isHeard)
        this.#listeners.verification.tell(refusal(error, findings, this.#clock.now(), false))
      throw error
    }
  }

  on<E extends keyof VerifierEvents>(event: E, listener: (event: VerifierEvents[E]) => void): this {
    this.#listeners[event].add(listener)
    return this
  }

  off<E extends keyof VerifierEvents>(event: E, listener: (event: VerifierEvents[E]) => void): this {
    this.#listeners[event].remove(listener)
    return this
  }

  close(): void {
    this.#feed?.close()
    this.#cache.clear()
  }

  async #verifyAnew(token: string, findings: Findings): Promise<VerifiedToken> {
    const jws = parseJws(token, this.#maxTokenLength)
    this.#checkType(jws.header.typ)
    this.takeChanges()
    const key = await this.#findKey(jws.header)
    if (!verifySignature(jws, key)) {
      throw new TokenError('ERR_TOKEN_SIGNATURE', 'the signature of the token is not made with its key')
    }
    const claims = freezeClaims(checkClaimTypes(parsePayload(jws.payload)))
    this.#checkClaims(claims)
    findings.claims = claims
    const times = timeClaimsOf(claims)

    // The sequence is taken before the store is asked: what changes meanwhile counts as unseen.
    const sequence = this.#index.sequence
    const store = this.#store
    const live = store && (await this.#findLive(store, claims.jti))
    findings.live = live
    const reading = this.#clock.now()
    const decision = judgeTime(times, reading, this.#policy, live)
    if (store !== undefined && live === undefined)
      await this.#refuseNotLive(store, claims.jti, decision, reading)
    const verified = this.#conclude(claims, jws.header, decision, reading, live)
    // Last of all: for a token that is not good nothing is fetched.
    const status = this.#statusLists?.referenceOf(claims)
    if (status !== undefined) requireValid(await this.#statusLists?.fetch(status), reading)
    this.#cache.set(token, {
      jti: claims.jti ?? '',
      subject: live?.subject ?? '',
      familyId: live?.familyId,
      claims,
      times,
      header: jws.header,
      key,
      live,
      status,
      atMonotonicMs: this.#host.monotonicMs(),
      atTimeMs: reading.timeMs,
      sequence,
    })
    return verified
  }

  #statusListsOf({ statusList = false, store }: VerificationOptions): RemoteStatusLists | undefined {
    if (statusList === false) return undefined
    if (store !== undefined) throw new OptionError('statusList', 'give either a store or statusList')
    return new RemoteStatusLists(
      {
        issuer: this.#issuer,
        keys: this.#keys,
        clock: this.#clock,
        host: this.#host,
        policy: this.#policy,
      },
      statusList === true ? {} : statusList,
    )
  }

  /** What the store said, carried on by the monotonic clock; `undefined` when it must be asked again. */
  #ageOf(entry: CacheEntry, live: LiveToken, reading: ClockReading): StoreAge | undefined {
    const elapsedMs = this.#host.monotonicMs() - entry.atMonotonicMs
    if (Math.abs(reading.timeMs - entry.atTimeMs - elapsedMs) > maxPartingMs) return undefined
    return { remainingMs: live.remainingMs - elapsedMs, errorMs: live.errorMs }
  }

  #isCurrent(token: string, entry: CacheEntry): boolean {
    if (!this.takeChanges()) return false
    const { kid, alg } = entry.header
    const key = this.#keys.find(kid, alg)
    if (key === undefined) return false
    if (key !== entry.key || !this.#index.isCurrent(entry, entry.sequence)) {
      this.#cache.delete(token)
      return false
    }
    entry.sequence = this.#index.sequence
    return true
  }

  /** `false`: what changed cannot be told from here, and the store itself has to be asked. */
  takeChanges(): boolean {
    if (this.#feed === undefined) return true
    let changes: readonly StoreChange[]
    try {
      changes = this.#feed.take()
    } catch {
      // The next one that succeeds has what was revoked meanwhile. A key that leaked must not be used even until then.
      this.#forgetKeys()
      return false
    }
    if (changes.length === 0) return true
    this.#index.apply(changes)
    if (changes.some(mayConcernKeys)) this.#forgetKeys()
    return true
  }

  async #findKey({ kid, alg }: JwsHeader): Promise<VerificationKey> {
    const key = this.#keys.find(kid, alg) ?? (await this.#keys.refresh(kid, alg))
    if (key === undefined) {
      throw new TokenError('ERR_TOKEN_KEY_UNKNOWN', "the token's key is not one of the issuer's")
    }
    return key
  }

  async #findLive(store: TokenStore, jti: string | undefined): Promise<LiveToken | undefined> {
    if (jti === undefined) throw badClaim('jti', 'is missing: without it the store cannot know the token')
    try {
      return await store.findToken(jti)
    } catch (error) {
      throw asStoreError(error)
    }
  }

  /** A token that died of age is not in the store either; a clock that is wrong must not take it for one revoked. */
  async #refuseNotLive(
    store: TokenStore,
    jti: string | undefined,
    decision: TimeDecision,
    reading: ClockReading,
  ): Promise<never> {
    try {
      const isOld = decision.verdict === 'expired' && !(await store.wasRevoked(jti ?? ''))
      if (isOld) throw timeRefusal(decision, reading)
    } catch (error) {
      throw asStoreError(error)
    }
    throw new TokenError('ERR_TOKEN_REVOKED', 'the token was revoked, or is not in the store', {
      clock: reading,
    })
  }

  #checkType(typ: string | undefined): void {
    if (!this.#types.includes(normalizeType(typ ?? null))) {
      throw new TokenError('ERR_TOKEN_MALFORMED', 'the token is not of an accepted type ("typ")')
    }
  }

  #checkClaims(claims: TokenClaims): void {
    if (claims.iss !== this.#issuer) throw badClaim('iss', 'does not name the expected issuer')
    if (this.#audiences !== null && !audienceMatches(claims.aud, this.#audiences)) {
      throw badClaim('aud', 'does not name the expected audience')
    }
    requireClaims(claims, this.#requiredClaims)
  }

  #conclude(
    claims: TokenClaims,
    header: JwsHeader,
    decision: TimeDecision,
    reading: ClockReading,
    live: StoreAge | undefined,
  ): VerifiedToken {
    if (isRefused(decision, this.#policy.ambiguous)) throw timeRefusal(decision, reading)
    return {
      claims,
      jti: claims.jti,
      header,
      verdict: decision.verdict === 'ambiguous' ? 'ambiguous' : 'valid',
      clock: reading,
      issuerOffsetMs: issuerOffsetMs(claims, live, reading),
    }
  }
}

/** After a gap in the feed, a change of the keys may be among what was missed. */
function mayConcernKeys(change: StoreChange): boolean {
  return change.kind === 'everything' || (change.kind === 'document' && change.name === keysDocument)
}

function audiencesOf(audience: VerificationOptions['audience']): readonly string[] | null {
  if (audience === null) return null
  const list = typeof audience === 'string' ? [audience] : audience
  if (!Array.isArray(list) || list.length === 0) {
    throw new OptionError('audience', 'name at least one, or pass null to say that it is not to be checked')
  }
  return list.map(item => requireText('audience', item))
}

/** 0 is valid; all else is refused, whether it is known (1: revoked, 2: suspended) or not. */
function requireValid(status: number | undefined, clock: ClockReading): void {
  if (status === 0) return
  const problem = status === 2 ? 'was suspended' : 'was revoked'
  throw new TokenError('ERR_TOKEN_REVOKED', `the token ${problem}, as its status list says`, { clock })
}

function asStoreError(error: unknown): TokenError {
  return error instanceof TokenError ? error : storeUnavailable('it failed', error)
}

/** RFC 7515, 4.1.9: `application/` may be left out, and media types do not depend on case. */
function normalizeType(typ: string | null): string | null {
  return typ === null ? null : typ.toLowerCase().replace(/^application\//, '')
}
