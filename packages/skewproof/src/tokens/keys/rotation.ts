import type { JsonWebKey } from 'node:crypto'
import { type ClockReading, isReliable } from '../../clock/clock.ts'
import { maxToleranceMs } from '../policy.ts'
import type { Algorithm } from './key.ts'

/** One key of the set that all nodes share. Its instants are true time, ms, by the clock that the nodes share. */
export interface StoredKey {
  readonly kid: string
  readonly alg: Algorithm
  /** With the private part. */
  readonly jwk: JsonWebKey
  readonly createdAtMs: number
  /** From here on it may sign: everybody who verifies has seen it. */
  readonly signsFromMs: number
  /** From here on no node signs with it; absent while nothing is going to replace it. */
  readonly signsUntilMs?: number
  /** From here on the last token that it signed is dead, whoever looks at it. */
  readonly verifiesUntilMs?: number
}

export type NewKey = Pick<StoredKey, 'kid' | 'alg' | 'jwk'>

/** The shared keys, in the order in which they sign. */
export interface KeySet {
  readonly keys: readonly StoredKey[]
}

export interface RotationPolicy {
  /** How long a key is published before it signs: longer than any cache of the key set. */
  readonly publishLeadMs: number
  /** How long a token lives at most. */
  readonly maxLifetimeMs: number
}

export type KeyState = 'next' | 'signing' | 'retired'

/** The `max-age` of the answer (5 minutes), the cache of a client such as `jose` (10), and a node's own (1). */
export const defaultPublishLeadMs = 960_000

/** No node's clock is further from true time: a token of such a node would be refused, too. */
const maxClockErrorMs = maxToleranceMs

/** A node goes by the earliest possible time, which can lie behind true time by its clock's error and its bound. */
const maxLagMs = 2 * maxClockErrorMs

/**
 * How long after its lifetime a token may still be accepted. Its `exp` was stamped by a clock that may have been ahead, and
 * rounded up to a second; a verifier refuses it when its own earliest possible time is past that by the tolerance.
 */
const maxOverstayMs = maxClockErrorMs + 1000 + maxToleranceMs + maxLagMs

/**
 * The key that a node signs with: the newest whose time has certainly come. A node that is behind goes on with the one
 * before, which verifies for long enough. Where no key's time has come the clock was set back, and the oldest will do.
 */
export function signingKeyAt(set: KeySet, now: ClockReading): StoredKey | undefined {
  const nowMs = earliestMs(now)
  return set.keys.findLast(key => key.signsFromMs <= nowMs) ?? set.keys[0]
}

/** The keys that verify, also those that are going to sign: all but those whose last token is certainly dead. */
export function publishedKeysAt(set: KeySet, now: ClockReading): readonly StoredKey[] {
  const nowMs = earliestMs(now)
  return set.keys.filter(key => key.verifiesUntilMs === undefined || key.verifiesUntilMs > nowMs)
}

export function keyStateAt(set: KeySet, key: StoredKey, now: ClockReading): KeyState {
  if (key === signingKeyAt(set, now)) return 'signing'
  return key.signsFromMs > earliestMs(now) ? 'next' : 'retired'
}

/** The key that is published and does not sign yet. */
export function pendingKeyAt(set: KeySet, now: ClockReading): StoredKey | undefined {
  return set.keys.find(key => keyStateAt(set, key, now) === 'next')
}

/**
 * Adds a key, and sets the end of the one before. The first signs at once, since nobody can hold an older set; any other
 * is published first. While one is waiting its turn the set stays as it is: a key is never pushed aside before it has
 * signed.
 */
export function rotate(set: KeySet, key: NewKey, now: ClockReading, policy: RotationPolicy): KeySet {
  if (pendingKeyAt(set, now) !== undefined) return set
  const published = publishedKeysAt(set, now)
  const replaced = published.at(-1)
  if (replaced === undefined) return rotateNow(key, now)

  const signsFromMs = latestMs(now) + policy.publishLeadMs
  const signsUntilMs = signsFromMs + maxLagMs
  const verifiesUntilMs = signsUntilMs + policy.maxLifetimeMs + maxOverstayMs
  return {
    keys: [
      ...published.slice(0, -1),
      { ...replaced, signsUntilMs, verifiesUntilMs },
      { ...key, createdAtMs: now.timeMs, signsFromMs },
    ],
  }
}

/**
 * After a leak: the new key signs at once, and all that earlier ones signed is refused from now on. Nothing of them is
 * kept. Who holds an older set meets a key that he does not know, and has to fetch the set again.
 */
export function rotateNow(key: NewKey, now: ClockReading): KeySet {
  return { keys: [{ ...key, createdAtMs: now.timeMs, signsFromMs: now.timeMs }] }
}

function earliestMs(now: ClockReading): number {
  return now.timeMs - boundMs(now)
}

function latestMs(now: ClockReading): number {
  return now.timeMs + boundMs(now)
}

function boundMs(now: ClockReading): number {
  return isReliable(now) ? Math.min(now.errorMs, maxClockErrorMs) : maxClockErrorMs
}
