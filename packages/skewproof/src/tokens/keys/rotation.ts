import type { JsonWebKey } from 'node:crypto'
import type { Algorithm } from './key.ts'

/** One key of the set that all nodes share. All instants are by the store's clock, which all nodes read alike. */
export interface StoredKey {
  readonly kid: string
  readonly alg: Algorithm
  /** With the private part. */
  readonly jwk: JsonWebKey
  readonly publishedAtMs: number
  readonly signsFromMs: number
}

/** The shared keys, in the order in which they sign. */
export interface KeySet {
  readonly keys: readonly StoredKey[]
}

export interface RotationPolicy {
  /** How long a key is published before it signs: longer than any cache of the key set and any clock can lag. */
  readonly publishLeadMs: number
  /** How long a key still verifies after it stopped signing: until its last token has died everywhere. */
  readonly keepMs: number
}

export type KeyState = 'next' | 'signing' | 'retired'

/** The answer's `max-age` (5 minutes), the cache of a client such as `jose` (10), and the largest tolerance (1). */
export const defaultPublishLeadMs = 960_000

/** The key that signs at `nowMs`: the newest whose time has come. */
export function signingKeyAt(set: KeySet, nowMs: number): StoredKey | undefined {
  return set.keys.findLast(key => key.signsFromMs <= nowMs)
}

export function keyStateAt(set: KeySet, key: StoredKey, nowMs: number): KeyState {
  if (key.signsFromMs > nowMs) return 'next'
  return signingKeyAt(set, nowMs) === key ? 'signing' : 'retired'
}

/** When the key's last token has died; `undefined` while nothing is going to replace it. */
export function verifiesUntilMs(set: KeySet, key: StoredKey, policy: RotationPolicy): number | undefined {
  const successor = set.keys[set.keys.indexOf(key) + 1]
  return successor === undefined ? undefined : successor.signsFromMs + policy.keepMs
}

/** The set without the keys whose last token has died everywhere. */
export function prune(set: KeySet, nowMs: number, policy: RotationPolicy): KeySet {
  const isNeeded = (key: StoredKey): boolean => {
    const untilMs = verifiesUntilMs(set, key, policy)
    return untilMs === undefined || untilMs > nowMs
  }
  return { keys: set.keys.filter(isNeeded) }
}

/** The key that has been published and does not sign yet. */
export function pendingKey(set: KeySet, nowMs: number): StoredKey | undefined {
  return set.keys.find(key => key.signsFromMs > nowMs)
}

/**
 * Adds a key. The first signs at once, since nobody can hold an older set; any other is published first. While one is
 * waiting its turn the set stays as it is: a key is never pushed aside before it has signed.
 */
export function addKey(
  set: KeySet,
  key: Pick<StoredKey, 'kid' | 'alg' | 'jwk'>,
  nowMs: number,
  policy: RotationPolicy,
): KeySet {
  if (pendingKey(set, nowMs) !== undefined) return set
  const signsFromMs = set.keys.length === 0 ? nowMs : nowMs + policy.publishLeadMs
  return { keys: [...prune(set, nowMs, policy).keys, { ...key, publishedAtMs: nowMs, signsFromMs }] }
}

/** After a leak: the new key signs at once, and all that the old ones signed is refused from now on. */
export function replaceCompromised(key: Pick<StoredKey, 'kid' | 'alg' | 'jwk'>, nowMs: number): KeySet {
  return { keys: [{ ...key, publishedAtMs: nowMs, signsFromMs: nowMs }] }
}
