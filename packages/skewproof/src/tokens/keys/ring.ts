import type { JsonWebKey } from 'node:crypto'
import type { HostClock } from '../../clock/host.ts'
import { storeUnavailable } from '../errors.ts'
import type { TokenStore } from '../store.ts'
import { exportJwk } from './export.ts'
import { generateKey } from './generate.ts'
import { importSigningKey } from './import.ts'
import type { Algorithm, SigningKey } from './key.ts'
import {
  addKey,
  type KeySet,
  type KeyState,
  keyStateAt,
  prune,
  type RotationPolicy,
  replaceCompromised,
  signingKeyAt,
  verifiesUntilMs,
} from './rotation.ts'
import { findKey, type KeySource } from './source.ts'

/** The name of the store's document that holds the keys. */
export const keysDocument = 'keys'

/** What an operator may know of a key. */
export interface KeyInfo {
  readonly kid: string
  readonly alg: Algorithm
  readonly state: KeyState
  /** Until it signs; 0 when it does or did. */
  readonly signsInSeconds: number
  /** Until it is dropped; `undefined` while nothing is going to replace it. */
  readonly verifiesForSeconds: number | undefined
}

/** The keys that a token service signs and verifies with. */
export interface KeyRing extends KeySource {
  signingKey(): Promise<SigningKey>
  /** The public keys, also those that are going to sign and those that have. */
  publicJwks(): Promise<readonly JsonWebKey[]>
  list(): Promise<readonly KeyInfo[]>
  /**
   * Publishes a new key that takes over later, when everybody has seen it; `compromised`: at once, and all earlier keys
   * are dropped with all tokens that they signed.
   */
  rotate(options?: { compromised?: boolean }): Promise<readonly KeyInfo[]>
  /** What was read before may be out of date. */
  invalidate(): void
}

interface Loaded {
  readonly set: KeySet
  readonly keys: readonly SigningKey[]
  /** The store's clock and the host's monotonic clock at the same moment. */
  readonly readAtMs: number
  readonly readAtMonotonicMs: number
}

export interface StoredKeyRingOptions {
  store: TokenStore
  algorithm: Algorithm
  policy: RotationPolicy
  host: HostClock
}

/** How long what was read of the store is used without looking again, ms: a suspend stops the clock it is judged by. */
const rereadAfterMs = 60_000

/** A key ring that all nodes of one store share. The first to look for a key makes it. */
export function storedKeyRing({ store, algorithm, policy, host }: StoredKeyRingOptions): KeyRing {
  let loaded: Loaded | undefined
  let loading: Promise<Loaded> | undefined
  let imported = new Map<string, SigningKey>()

  async function load(): Promise<Loaded> {
    const { version, value, readAtMs } = await store.readDocument(keysDocument)
    const readAtMonotonicMs = host.monotonicMs()
    const set = value === undefined ? { keys: [] } : parseKeySet(value)
    if (signingKeyAt(set, readAtMs) === undefined) {
      await write(addKey(set, newKey(), readAtMs, policy), version)
      return load()
    }
    const keys = prune(set, readAtMs, policy).keys.map(
      ({ kid, alg, jwk }) => imported.get(kid) ?? importSigningKey(jwk, { kid, alg }),
    )
    imported = new Map(keys.map(key => [key.kid, key]))
    return { set, keys, readAtMs, readAtMonotonicMs }
  }

  function write(set: KeySet, expectedVersion: number): Promise<boolean> {
    return store.writeDocument(keysDocument, JSON.stringify(set), expectedVersion)
  }

  function newKey(): { kid: string; alg: Algorithm; jwk: JsonWebKey } {
    const key = generateKey(algorithm)
    return { kid: key.kid, alg: key.alg, jwk: exportJwk(key, 'private') }
  }

  /** One read at a time; one that an invalidation has overtaken is not kept. */
  function reload(): Promise<Loaded> {
    if (loading !== undefined) return loading
    const reading = load()
      .then(result => {
        if (loading === reading) loaded = result
        return result
      })
      .finally(() => {
        if (loading === reading) loading = undefined
      })
    loading = reading
    return reading
  }

  function invalidate(): void {
    loaded = undefined
    loading = undefined
  }

  function fresh(): Loaded | undefined {
    const isOld = loaded === undefined || host.monotonicMs() - loaded.readAtMonotonicMs > rereadAfterMs
    return isOld ? undefined : loaded
  }

  function storeNowMs({ readAtMs, readAtMonotonicMs }: Loaded): number {
    return readAtMs + host.monotonicMs() - readAtMonotonicMs
  }

  function describe(current: Loaded): readonly KeyInfo[] {
    const nowMs = storeNowMs(current)
    return prune(current.set, nowMs, policy).keys.map(key => {
      const untilMs = verifiesUntilMs(current.set, key, policy)
      return {
        kid: key.kid,
        alg: key.alg,
        state: keyStateAt(current.set, key, nowMs),
        signsInSeconds: Math.max(0, Math.ceil((key.signsFromMs - nowMs) / 1000)),
        verifiesForSeconds: untilMs === undefined ? undefined : Math.ceil((untilMs - nowMs) / 1000),
      }
    })
  }

  return {
    find(kid, alg) {
      const current = fresh()
      return current && findKey(current.keys, kid, alg)
    },
    async refresh() {
      // A key that is not in a fresh ring does not exist: a flood of made-up ones must not become a flood of reads.
      if (fresh() === undefined) await reload()
    },
    async signingKey() {
      const current = fresh() ?? (await reload())
      const kid = signingKeyAt(current.set, storeNowMs(current))?.kid
      const key = current.keys.find(candidate => candidate.kid === kid)
      if (key === undefined) throw storeUnavailable('it holds no key that signs')
      return key
    },
    async publicJwks() {
      const { keys } = fresh() ?? (await reload())
      return keys.filter(key => key.alg !== 'HS256').map(key => exportJwk(key))
    },
    async list() {
      return describe(await reload())
    },
    async rotate({ compromised = false } = {}) {
      for (;;) {
        const { version, value, readAtMs } = await store.readDocument(keysDocument)
        const set = value === undefined ? { keys: [] } : parseKeySet(value)
        const next = compromised
          ? replaceCompromised(newKey(), readAtMs)
          : addKey(set, newKey(), readAtMs, policy)
        if (next === set || (await write(next, version))) {
          invalidate()
          return describe(await reload())
        }
      }
    },
    invalidate,
  }
}

function parseKeySet(value: string): KeySet {
  try {
    const set: unknown = JSON.parse(value)
    if (typeof set === 'object' && set !== null && 'keys' in set && Array.isArray(set.keys))
      return set as KeySet
  } catch {
    // Said below.
  }
  throw storeUnavailable('its keys cannot be read')
}
