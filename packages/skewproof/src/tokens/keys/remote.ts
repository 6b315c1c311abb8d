import { createRemoteJWKSet, customFetch, type FetchImplementation, type JSONWebKeySet } from 'jose'
import type { HostClock } from '../../clock/host.ts'
import { systemHostClock } from '../../clock/system.ts'
import { type Duration, OptionError, parseDurationMs } from '../../time/index.ts'
import { TokenError } from '../errors.ts'
import { importVerificationKey } from './import.ts'
import { KeyError, type VerificationKey } from './key.ts'
import { findKey, type KeySource } from './source.ts'

export interface RemoteKeysOptions {
  /** How long a fetched set is used before it is fetched again. Default 10 minutes. */
  cacheMaxAge?: Duration
  /** How soon after a fetch an unknown `kid` may cause another. Default 30 s. */
  cooldown?: Duration
  /** How long the last set is still used while the endpoint cannot be reached. Default 1 day. */
  staleMaxAge?: Duration
  /** Deadline of a fetch. Default 5 s. */
  timeout?: Duration
  /** Larger answers are refused. Default 256 KiB. */
  maxBytes?: number
  /** Its monotonic clock judges the ages: a step of the wall clock must not. */
  host?: HostClock
}

/**
 * An issuer's published key set (RFC 7517, section 5), fetched by `jose` and kept.
 *
 * @throws OptionError when the address is neither https nor a loopback address
 */
export function remoteKeys(jwksUri: string | URL, options: RemoteKeysOptions = {}): KeySource {
  const cacheMs = parseDurationMs('cacheMaxAge', options.cacheMaxAge ?? '10m')
  const cooldownMs = parseDurationMs('cooldown', options.cooldown ?? '30s')
  const staleMs = parseDurationMs('staleMaxAge', options.staleMaxAge ?? '1d')
  const host = options.host ?? systemHostClock
  const set = createRemoteJWKSet(checkUrl(jwksUri), {
    timeoutDuration: parseDurationMs('timeout', options.timeout ?? '5s', { minMs: 1 }),
    [customFetch]: boundedFetch(options.maxBytes ?? 262_144),
  })

  let keys: readonly VerificationKey[] = []
  let fetchedAtMs = Number.NEGATIVE_INFINITY
  let attemptedAtMs = Number.NEGATIVE_INFINITY
  let failure: unknown
  let fetching: Promise<void> | undefined

  async function fetchKeys(): Promise<void> {
    attemptedAtMs = host.monotonicMs()
    try {
      await set.reload()
      keys = importAll(set.jwks())
      fetchedAtMs = host.monotonicMs()
      failure = undefined
    } catch (error) {
      failure = error
    }
  }

  /** At most one fetch at a time, and not before the cooldown is over. */
  function fetchWhenAllowed(): Promise<void> | undefined {
    if (fetching === undefined && host.monotonicMs() - attemptedAtMs >= cooldownMs) {
      fetching = fetchKeys().finally(() => {
        fetching = undefined
      })
    }
    return fetching
  }

  return {
    find(kid, alg) {
      const ageMs = host.monotonicMs() - fetchedAtMs
      if (ageMs < cacheMs) return findKey(keys, kid, alg)
      if (failure === undefined || ageMs >= staleMs) return undefined
      void fetchWhenAllowed()
      return findKey(keys, kid, alg)
    },
    async refresh() {
      await fetchWhenAllowed()
      if (failure === undefined) return
      throw new TokenError('ERR_KEYS_UNAVAILABLE', "the issuer's key set cannot be fetched", {
        cause: failure,
        retryAfterSeconds: Math.max(1, Math.ceil(cooldownMs / 1000)),
      })
    },
  }
}

/** Keys that cannot be used here (encryption keys, other algorithms) are passed over. */
function importAll(set: JSONWebKeySet | undefined): readonly VerificationKey[] {
  const keys: VerificationKey[] = []
  for (const jwk of set?.keys ?? []) {
    // A published secret is no secret.
    if (jwk.kty === 'oct') continue
    try {
      keys.push(importVerificationKey(jwk))
    } catch (error) {
      if (!(error instanceof KeyError)) throw error
    }
  }
  return keys
}

function checkUrl(jwksUri: string | URL): URL {
  if (!URL.canParse(jwksUri.toString())) throw new OptionError('jwksUri', 'it is not a URL')
  const url = new URL(jwksUri)
  const isLoopback =
    url.hostname === 'localhost' || url.hostname === '[::1]' || url.hostname.startsWith('127.')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    throw new OptionError('jwksUri', 'use https; plain http is for loopback addresses only')
  }
  return url
}

function boundedFetch(maxBytes: number): FetchImplementation {
  return async (url, init) => {
    const response = await fetch(url, init)
    if (response.body === null) return response
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of response.body) {
      length += chunk.byteLength
      if (length > maxBytes) throw new Error(`the key set is larger than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
    return new Response(Buffer.concat(chunks), { status: response.status, headers: response.headers })
  }
}
