import type { Clock, ClockReading } from '../clock/clock.ts'
import type { HostClock } from '../clock/host.ts'
import { systemHostClock } from '../clock/system.ts'
import { unsynchronizedClock } from '../clock/unsynchronized.ts'
import { OptionError } from '../time/index.ts'
import { TokenCache } from './cache.ts'
import { checkClaimTypes, freezeClaims, type TokenClaims, timeClaimsOf } from './claims.ts'
import { judgeTime, type StoreAge, type TimeDecision } from './decision.ts'
import { TokenError } from './errors.ts'
import { Expectations } from './expectations.ts'
import {
  defaultMaxTokenLength,
  type JwsHeader,
  parseClaims,
  type SplitToken,
  splitToken,
  verifyParts,
} from './jws/index.ts'
import type { KeySource, VerificationKey } from './keys/index.ts'
import { Listeners, type ListenersOf } from './listeners.ts'
import { findLive, refusalOfDead, wasRevoked } from './liveness.ts'
import { acceptance, type Findings, issuerOffsetMs, refusal, type VerifierEvents } from './observation.ts'
import { observeStore } from './observed-store.ts'
import { requireClock, requireCount, requireStore } from './options.ts'
import { type TimePolicy, timePolicy } from './policy.ts'
import { isRefused, timeRefusal } from './refusal.ts'
import { RevocationWatch } from './revocation-watch.ts'
import type { StatusReference } from './status/reference.ts'
import { RemoteStatusLists } from './status/remote-lists.ts'
import type { LiveToken, TokenStore } from './store.ts'
import type { VerificationOptions, VerifiedToken, Verifier } from './verifier.ts'

/** What cannot change of a token that was accepted, and what the store said of it. */
interface CacheEntry {
  readonly claims: TokenClaims
  readonly header: JwsHeader
  readonly key: VerificationKey
  readonly live: KnownLife | undefined
  readonly status: StatusReference | undefined
  /** The newest change that it has been checked against. */
  sequence: number
}

interface KnownLife extends StoreAge {
  readonly subject: string
  readonly familyId: string | undefined
  /** When it was measured, by the host's monotonic clock and by the verifier's. */
  readonly atMonotonicMs: number
  readonly atTimeMs: number
}

/** How far the two clocks may part before what the store said is measured again: a suspend stops only one of them. */
const maxPartingMs = 1000

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
  readonly #expectations: Expectations
  readonly #maxTokenLength: number
  readonly #cache: TokenCache<CacheEntry>
  readonly #watch: RevocationWatch
  readonly #statusLists: RemoteStatusLists | undefined
  readonly #listeners: ListenersOf<VerifierEvents>

  constructor(
    keys: KeySource,
    options: VerificationOptions,
    { forgetKeys = () => {}, listeners = { verification: new Listeners() } }: VerifierParts = {},
  ) {
    this.#keys = keys
    this.#host = options.host ?? systemHostClock
    this.#clock = options.clock === undefined ? unsynchronizedClock(this.#host) : requireClock(options.clock)
    this.#store = options.store && observeStore(requireStore(options.store))
    this.#policy = timePolicy(options)
    this.#expectations = new Expectations(options)
    this.#maxTokenLength = requireCount(
      'maxTokenLength',
      options.maxTokenLength ?? defaultMaxTokenLength,
      64,
      65_536,
    )
    this.#listeners = listeners
    this.#cache = new TokenCache(requireCount('cacheSize', options.cacheSize ?? 10_000, 0, 10_000_000))
    this.#statusLists = this.#statusListsOf(options)
    this.#watch = new RevocationWatch(options.store?.openFeed(), forgetKeys)
  }

  verifyCached(token: string): VerifiedToken | undefined {
    if (typeof token !== 'string') return undefined
    const entry = this.#cache.get(token)
    if (entry === undefined) return undefined
    if (!this.#listeners.verification.isHeard) return this.#answerAgain(token, entry)
    try {
      const verified = this.#answerAgain(token, entry)
      if (verified !== undefined) this.#listeners.verification.tell(acceptance(verified, true))
      return verified
    } catch (error) {
      const reading = this.#clock.now()
      const live = entry.live && this.#ageOf(entry.live, reading)
      this.#listeners.verification.tell(refusal(error, { claims: entry.claims, live }, reading, true))
      throw error
    }
  }

  async verify(token: string): Promise<VerifiedToken> {
    const cached = this.verifyCached(token)
    if (cached !== undefined) return cached
    const findings: Findings = {}
    try {
      // What is known already is not waited for: to wait costs as much as to parse.
      let jws = this.#open(token)
      let key = this.#keys.find(jws.header.kid, jws.header.alg)
      if (key === undefined) {
        key = await this.#fetchKey(jws.header)
        // Others have been split meanwhile, into the same buffers.
        jws = this.#open(token)
      }
      const claims = this.#readClaims(jws, key)
      findings.claims = claims
      // The sequence is taken before the store is asked: what changes meanwhile counts as unseen.
      const sequence = this.#watch.sequence
      const live = this.#store && (await findLive(this.#store, claims.jti))
      findings.live = live
      const reading = this.#clock.now()
      const decision = judgeTime(timeClaimsOf(claims), reading, this.#policy, live)
      if (this.#store !== undefined && live === undefined)
        throw await refusalOfDead(this.#store, claims.jti, decision, reading)
      const verified = this.#conclude(claims, jws.header, decision, reading, live)
      // Last of all: for a token that is not good nothing is fetched.
      const status = this.#statusLists?.referenceOf(claims)
      if (status !== undefined) requireValid(await this.#statusLists?.fetch(status), reading)
      if (this.#cache.isOn) this.#cache.set(token, this.#entryOf(verified, key, live, status, sequence))
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

  /** `false`: what changed in the store cannot be told from here. */
  takeChanges(): boolean {
    return this.#watch.take()
  }

  close(): void {
    this.#watch.close()
    this.#cache.clear()
  }

  #open(token: string): SplitToken {
    const jws = splitToken(token, this.#maxTokenLength)
    this.#expectations.checkHeader(jws.header)
    this.#watch.take()
    return jws
  }

  #entryOf(
    { claims, header, clock }: VerifiedToken,
    key: VerificationKey,
    live: LiveToken | undefined,
    status: StatusReference | undefined,
    sequence: number,
  ): CacheEntry {
    const known = live && {
      remainingMs: live.remainingMs,
      errorMs: live.errorMs,
      subject: live.subject,
      familyId: live.familyId,
      atMonotonicMs: this.#host.monotonicMs(),
      atTimeMs: clock.timeMs,
    }
    return { claims, header, key, live: known, status, sequence }
  }

  /** @throws TokenError unless the signature is the key's, and the claims are what is expected */
  #readClaims(jws: SplitToken, key: VerificationKey): TokenClaims {
    if (!verifyParts(jws, key)) {
      throw new TokenError('ERR_TOKEN_SIGNATURE', 'the signature of the token is not made with its key')
    }
    const claims = freezeClaims(checkClaimTypes(parseClaims(jws)))
    this.#expectations.checkClaims(claims)
    return claims
  }

  #answerAgain(token: string, entry: CacheEntry): VerifiedToken | undefined {
    return this.#isCurrent(token, entry) ? this.#judgeAgain(entry) : undefined
  }

  #judgeAgain(entry: CacheEntry): VerifiedToken | undefined {
    const reading = this.#clock.now()
    const live = entry.live && this.#ageOf(entry.live, reading)
    if (live === undefined && entry.live !== undefined) return undefined
    const decision = judgeTime(timeClaimsOf(entry.claims), reading, this.#policy, live)
    const verified = this.#conclude(entry.claims, entry.header, decision, reading, live)
    if (entry.status === undefined) return verified
    const status = this.#statusLists?.find(entry.status, reading)
    if (status === undefined) return undefined
    requireValid(status, reading)
    return verified
  }

  #statusListsOf({ statusList = false, store }: VerificationOptions): RemoteStatusLists | undefined {
    if (statusList === false) return undefined
    if (store !== undefined) throw new OptionError('statusList', 'give either a store or statusList')
    return new RemoteStatusLists(
      {
        issuer: this.#expectations.issuer,
        keys: this.#keys,
        clock: this.#clock,
        host: this.#host,
        policy: this.#policy,
      },
      statusList === true ? {} : statusList,
    )
  }

  /** What the store said, carried on by the monotonic clock; `undefined` when it must be asked again. */
  #ageOf(live: KnownLife, reading: ClockReading): StoreAge | undefined {
    const elapsedMs = this.#host.monotonicMs() - live.atMonotonicMs
    if (Math.abs(reading.timeMs - live.atTimeMs - elapsedMs) > maxPartingMs) return undefined
    return { remainingMs: live.remainingMs - elapsedMs, errorMs: live.errorMs }
  }

  /** @throws TokenError `ERR_TOKEN_REVOKED` when that very token was: then the store need not be asked */
  #isCurrent(token: string, entry: CacheEntry): boolean {
    if (!this.#watch.take()) return false
    const { kid, alg } = entry.header
    const key = this.#keys.find(kid, alg)
    if (key === undefined) return false
    if (key === entry.key && !this.#isConcerned(entry)) {
      entry.sequence = this.#watch.sequence
      return true
    }
    this.#cache.delete(token)
    if (this.#watch.isRevoked(entry.claims.jti, entry.sequence)) throw wasRevoked(this.#clock.now())
    return false
  }

  /** Whether something that was taken since it was looked at last concerns it. */
  #isConcerned({ claims, live, sequence }: CacheEntry): boolean {
    if (sequence === this.#watch.sequence) return false
    const { jti = '' } = claims
    const { subject = '', familyId } = live ?? {}
    return !this.#watch.isCurrent({ jti, subject, familyId }, sequence)
  }

  async #fetchKey({ kid, alg }: JwsHeader): Promise<VerificationKey> {
    const key = await this.#keys.refresh(kid, alg)
    if (key === undefined) {
      throw new TokenError('ERR_TOKEN_KEY_UNKNOWN', "the token's key is not one of the issuer's")
    }
    return key
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

/** 0 is valid; all else is refused, whether it is known (1: revoked, 2: suspended) or not. */
function requireValid(status: number | undefined, clock: ClockReading): void {
  if (status === 0) return
  const problem = status === 2 ? 'was suspended' : 'was revoked'
  throw new TokenError('ERR_TOKEN_REVOKED', `the token ${problem}, as its status list says`, { clock })
}
