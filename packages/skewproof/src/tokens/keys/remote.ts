import type { FetchImplementation } from 'jose'
import type { HostClock } from '../../clock/host.ts'
import { systemHostClock } from '../../clock/system.ts'
import { type Duration, OptionError, parseDurationMs } from '../../time/index.ts'
import { isSafeAddress } from '../answer.ts'
import { TokenError } from '../errors.ts'
import { discoverKeySet } from './discover.ts'
import { type FetchKeys, type FetchOptions, fetchKeySet } from './fetch-key-set.ts'
import type { VerificationKey } from './key.ts'
import { findKey, type KeySource } from './source.ts'

export interface RemoteKeysOptions {
  /** How long a fetched set is used before it is fetched again. Default 10 minutes. */
  cacheMaxAge?: Duration | undefined
  /** How soon after a fetch an unknown `kid` may cause another; at most `cacheMaxAge`. Default 30 s. */
  cooldown?: Duration | undefined
  /** How long the last set is still used while the endpoint cannot be reached; at least `cacheMaxAge`. Default 1 day. */
  staleMaxAge?: Duration | undefined
  /** Deadline of a fetch. Default 5 s. */
  timeout?: Duration | undefined
  /** Larger answers are refused. Default 256 KiB. */
  maxBytes?: number | undefined
  /** Plain http is for loopback addresses only, unless this is `true`: whoever is on the path can then sign tokens. */
  allowHttp?: boolean | undefined
  /** In place of the global `fetch`: for a proxy, a client certificate, headers. */
  fetch?: FetchImplementation | undefined
  /** Its monotonic clock judges the ages: a step of the wall clock must not. */
  host?: HostClock | undefined
}

/** How soon after a fetch that failed the next is tried; `cooldown` if that is shorter. */
const retryMs = 1000

/**
 * An issuer's published key set (RFC 7517, section 5), fetched when it is first needed, and kept.
 *
 * @throws OptionError when the address is neither https nor a loopback address, or an option cannot be used
 */
export function remoteKeys(jwksUri: string | URL, options: RemoteKeysOptions = {}): KeySource {
  const url = checkUrl('jwksUri', jwksUri, options.allowHttp)
  return new RemoteKeys(fetchKeySet(url, readFetchOptions(options)), options)
}

/**
 * As `remoteKeys`, for an issuer that says itself where its keys are: OpenID Connect Discovery 1.0, or RFC 8414. It is asked again
 * whenever the keys are fetched.
 *
 * @throws OptionError when the issuer is neither an https nor a loopback address, or an option cannot be used
 */
export function discoveredKeys(issuer: string, options: RemoteKeysOptions = {}): KeySource {
  checkUrl('issuer', issuer, options.allowHttp)
  const settings = { ...readFetchOptions(options), allowHttp: options.allowHttp === true }
  const fetchKeys: FetchKeys = async known =>
    fetchKeySet(await discoverKeySet(issuer, settings), settings)(known)
  return new RemoteKeys(fetchKeys, options)
}

class RemoteKeys implements KeySource {
  readonly #fetchKeys: FetchKeys
  readonly #host: HostClock
  readonly #cacheMs: number
  readonly #cooldownMs: number
  readonly #staleMs: number
  #keys: readonly VerificationKey[] = []
  #fetchedAtMs = Number.NEGATIVE_INFINITY
  #attemptedAtMs = Number.NEGATIVE_INFINITY
  #nextFetchAtMs = Number.NEGATIVE_INFINITY
  #failure: unknown
  #fetching: Promise<void> | undefined

  constructor(fetchKeys: FetchKeys, options: RemoteKeysOptions) {
    this.#fetchKeys = fetchKeys
    this.#cacheMs = parseDurationMs('cacheMaxAge', options.cacheMaxAge ?? '10m')
    this.#cooldownMs = parseDurationMs('cooldown', options.cooldown ?? Math.min(30, this.#cacheMs / 1000), {
      maxMs: this.#cacheMs,
    })
    this.#staleMs = parseDurationMs(
      'staleMaxAge',
      options.staleMaxAge ?? Math.max(86_400, this.#cacheMs / 1000),
      {
        minMs: this.#cacheMs,
      },
    )
    this.#host = options.host ?? systemHostClock
  }

  find(kid: string | undefined, alg: string): VerificationKey | undefined {
    const nowMs = this.#host.monotonicMs()
    const ageMs = nowMs - this.#fetchedAtMs
    if (ageMs < this.#cacheMs) return findKey(this.#keys, kid, alg)
    const isDown = this.#failure !== undefined && nowMs - this.#attemptedAtMs < this.#cacheMs
    if (!isDown || ageMs >= this.#staleMs) return undefined
    // While the endpoint cannot be reached, nobody waits for the next try.
    void this.#fetchWhenAllowed()
    return findKey(this.#keys, kid, alg)
  }

  async refresh(kid: string | undefined, alg: string): Promise<VerificationKey | undefined> {
    await this.#fetchWhenAllowed()
    const isUsable = this.#host.monotonicMs() - this.#fetchedAtMs < this.#staleMs
    const key = isUsable ? findKey(this.#keys, kid, alg) : undefined
    if (key !== undefined || this.#failure === undefined) return key
    throw new TokenError('ERR_KEYS_UNAVAILABLE', "the issuer's key set cannot be fetched", {
      cause: this.#failure,
      retryAfterSeconds: retryMs / 1000,
    })
  }

  /** At most one fetch at a time, and not before the cooldown is over. */
  #fetchWhenAllowed(): Promise<void> | undefined {
    if (this.#fetching === undefined && this.#host.monotonicMs() >= this.#nextFetchAtMs) {
      this.#fetching = this.#fetch().finally(() => {
        this.#fetching = undefined
      })
    }
    return this.#fetching
  }

  async #fetch(): Promise<void> {
    this.#attemptedAtMs = this.#host.monotonicMs()
    try {
      this.#keys = await this.#fetchKeys(this.#keys)
      // The set is as old as the question: the answer may have been on its way for long.
      this.#fetchedAtMs = this.#attemptedAtMs
      this.#failure = undefined
      this.#nextFetchAtMs = this.#attemptedAtMs + this.#cooldownMs
    } catch (error) {
      this.#failure = error
      this.#nextFetchAtMs = this.#host.monotonicMs() + Math.min(retryMs, this.#cooldownMs)
    }
  }
}

function readFetchOptions({ timeout, maxBytes = 262_144, fetch }: RemoteKeysOptions): FetchOptions {
  return {
    timeoutMs: parseDurationMs('timeout', timeout ?? '5s', { minMs: 1, maxMs: 3_600_000 }),
    maxBytes: checkMaxBytes(maxBytes),
    fetch,
  }
}

function checkUrl(option: string, address: string | URL, allowHttp = false): URL {
  if (!URL.canParse(address.toString())) throw new OptionError(option, 'it is not a URL')
  const url = new URL(address)
  if (!isSafeAddress(url, allowHttp)) {
    throw new OptionError(option, 'use https; plain http is for loopback addresses only')
  }
  return url
}

function checkMaxBytes(maxBytes: number): number {
  if (!Number.isInteger(maxBytes) || maxBytes < 1)
    throw new OptionError('maxBytes', 'use a positive whole number')
  return maxBytes
}
