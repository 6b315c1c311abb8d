import type { JsonWebKey } from 'node:crypto'
import type { ClockReading } from '../../clock/clock.ts'
import type { HostClock } from '../../clock/host.ts'
import { storeUnavailable } from '../errors.ts'
import type { TokenStore } from '../store.ts'
import { formatKeySet, keysDocument, parseKeySet } from './document.ts'
import { exportJwk } from './export.ts'
import { generateKey } from './generate.ts'
import { importSigningKey } from './import.ts'
import type { Algorithm, SigningKey } from './key.ts'
import {
  type KeySet,
  type KeyState,
  keyStateAt,
  type NewKey,
  pendingKeyAt,
  publishedKeysAt,
  type RotationPolicy,
  rotate,
  rotateNow,
  signingKeyAt,
} from './rotation.ts'
import { findKey, type KeySource } from './source.ts'

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

interface StoredSet {
  readonly version: number
  readonly set: KeySet
  /** The store's clock, as it was read with the set. */
  readonly clock: ClockReading
  /** The host's monotonic clock at that moment. */
  readonly readAtMonotonicMs: number
}

interface Loaded extends StoredSet {
  readonly keys: readonly SigningKey[]
}

export interface StoredKeyRingOptions {
  store: TokenStore
  algorithm: Algorithm
  policy: RotationPolicy
  host: HostClock
}

/** How long what was read of the store is used without looking again, ms: a suspend stops the clock it is judged by. */
const rereadAfterMs = 60_000

/** How far the store's clock and the monotonic clock can part between two reads. */
const maxDriftPpm = 200

/** A key ring that all nodes of one store share. The first to look for a key makes it. */
export function storedKeyRing({ store, algorithm, policy, host }: StoredKeyRingOptions): KeyRing {
  let loaded: Loaded | undefined
  let loading: Promise<Loaded> | undefined
  let imported = new Map<string, SigningKey>()

  async function read(): Promise<StoredSet> {
    const askedAtMonotonicMs = host.monotonicMs()
    const { version, value, readAtMs } = await store.readDocument(keysDocument)
    const readAtMonotonicMs = host.monotonicMs()
    const errorMs = (readAtMonotonicMs - askedAtMonotonicMs) / 2
    const clock: ClockReading = { timeMs: readAtMs + errorMs, errorMs, status: 'synchronized' }
    return { version, set: parseKeySet(value), clock, readAtMonotonicMs }
  }

  async function load(): Promise<Loaded> {
    const stored = await read()
    if (stored.set.keys.length === 0) {
      await write(rotate(stored.set, newKey(), stored.clock, policy), stored.version)
      return load()
    }
    const keys = publishedKeysAt(stored.set, stored.clock).map(
      key => imported.get(key.kid) ?? importStored(key),
    )
    imported = new Map(keys.map(key => [key.kid, key]))
    return { ...stored, keys }
  }

  function write(set: KeySet, expectedVersion: number): Promise<boolean> {
    return store.writeDocument(keysDocument, formatKeySet(set), expectedVersion)
  }

  function newKey(): NewKey {
    const key = generateKey(algorithm)
    return { kid: key.kid, alg: key.alg, jwk: exportJwk(key, 'private') }
  }

  function next(set: KeySet, clock: ClockReading, compromised: boolean): KeySet {
    return compromised ? rotateNow(newKey(), clock) : rotate(set, newKey(), clock, policy)
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

  /** The store's clock now: carried on by the monotonic clock since it was read. */
  function storeClock({ clock, readAtMonotonicMs }: StoredSet): ClockReading {
    const elapsedMs = host.monotonicMs() - readAtMonotonicMs
    return {
      ...clock,
      timeMs: clock.timeMs + elapsedMs,
      errorMs: clock.errorMs + elapsedMs * maxDriftPpm * 1e-6,
    }
  }

  function describe(current: Loaded): readonly KeyInfo[] {
    const now = storeClock(current)
    return publishedKeysAt(current.set, now).map(key => ({
      kid: key.kid,
      alg: key.alg,
      state: keyStateAt(current.set, key, now),
      signsInSeconds: Math.max(0, Math.ceil((key.signsFromMs - now.timeMs) / 1000)),
      verifiesForSeconds:
        key.verifiesUntilMs === undefined ? undefined : Math.ceil((key.verifiesUntilMs - now.timeMs) / 1000),
    }))
  }

  return {
    find(kid, alg) {
      const current = fresh()
      return current && findKey(current.keys, kid, alg)
    },
    async refresh(kid, alg) {
      // A key that is not in a fresh ring does not exist: a flood of made-up ones must not become a flood of reads.
      const current = fresh() ?? (await reload())
      return findKey(current.keys, kid, alg)
    },
    async signingKey() {
      const current = fresh() ?? (await reload())
      const kid = signingKeyAt(current.set, storeClock(current))?.kid
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
        const { set, clock, version } = await read()
        const isDone = !compromised && pendingKeyAt(set, clock) !== undefined
        if (isDone || (await write(next(set, clock, compromised), version))) {
          invalidate()
          return describe(await reload())
        }
      }
    },
    invalidate,
  }
}

function importStored({ kid, alg, jwk }: NewKey): SigningKey {
  try {
    return importSigningKey(jwk, { kid, alg })
  } catch (error) {
    throw storeUnavailable('one of its keys cannot be read', error)
  }
}
