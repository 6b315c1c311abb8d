import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ClockReading } from '../../clock/clock.ts'
import { formatKeySet, parseKeySet } from './document.ts'
import {
  defaultPublishLeadMs,
  type KeySet,
  keyStateAt,
  type NewKey,
  pendingKeyAt,
  publishedKeysAt,
  type RotationPolicy,
  rotate,
  rotateNow,
  signingKeyAt,
} from './rotation.ts'

const startMs = 1_800_000_000_000
const minuteMs = 60_000
const policy: RotationPolicy = { publishLeadMs: defaultPublishLeadMs, maxLifetimeMs: 60 * minuteMs }

function exactly(timeMs: number, errorMs = 0): ClockReading {
  return { timeMs, errorMs, status: 'synchronized' }
}

function key(kid: string): NewKey {
  return { kid, alg: 'ES256', jwk: { kty: 'EC' } }
}

function kids(keys: readonly { kid: string }[]): string[] {
  return keys.map(({ kid }) => kid)
}

let one: KeySet
let two: KeySet

beforeEach(() => {
  one = rotate({ keys: [] }, key('one'), exactly(startMs), policy)
  two = rotate(one, key('two'), exactly(startMs + minuteMs), policy)
})

const takeoverMs = startMs + minuteMs + defaultPublishLeadMs

describe('a rotation', () => {
  it('begins with a key that signs at once', () => {
    expect(signingKeyAt(one, exactly(startMs))?.kid).toBe('one')
    expect(one.keys[0]).toEqual({ ...key('one'), createdAtMs: startMs, signsFromMs: startMs })
    expect(signingKeyAt({ keys: [] }, exactly(startMs))).toBeUndefined()
  })

  it('publishes a key for 16 minutes before it signs', () => {
    expect(kids(publishedKeysAt(two, exactly(startMs + minuteMs)))).toEqual(['one', 'two'])
    expect(signingKeyAt(two, exactly(takeoverMs - 1))?.kid).toBe('one')
    expect(signingKeyAt(two, exactly(takeoverMs))?.kid).toBe('two')
  })

  it('drops the old key when its last token is dead, whoever looks at it', () => {
    // A node's clock and bound: 2 x 60 s; a lifetime; `exp` ahead by 60 s, rounded up, tolerated for 60 s; another node: 2 x 60 s.
    const deadMs = takeoverMs + 120_000 + policy.maxLifetimeMs + 60_000 + 1000 + 60_000 + 120_000
    expect(kids(publishedKeysAt(two, exactly(deadMs - 1)))).toEqual(['one', 'two'])
    expect(kids(publishedKeysAt(two, exactly(deadMs)))).toEqual(['two'])
    const three = rotate(two, key('three'), exactly(deadMs), policy)
    expect(kids(three.keys)).toEqual(['two', 'three'])
  })

  it('names the states', () => {
    const states = (now: ClockReading) => two.keys.map(stored => keyStateAt(two, stored, now))
    expect(states(exactly(takeoverMs - 1))).toEqual(['signing', 'next'])
    expect(states(exactly(takeoverMs))).toEqual(['retired', 'signing'])
  })

  it('waits for a key that has not signed yet', () => {
    const now = exactly(takeoverMs - 1)
    expect(pendingKeyAt(two, now)?.kid).toBe('two')
    expect(rotate(two, key('three'), now, policy)).toBe(two)
    expect(kids(rotate(two, key('three'), exactly(takeoverMs), policy).keys)).toEqual(['one', 'two', 'three'])
  })

  it('goes by the certain end of what a clock says, and by 60 s where it says nothing', () => {
    expect(signingKeyAt(two, exactly(takeoverMs + 4999, 5000))?.kid).toBe('one')
    expect(signingKeyAt(two, exactly(takeoverMs + 5000, 5000))?.kid).toBe('two')
    for (const status of ['unsynchronized', 'disrupted'] as const) {
      const errorMs = Number.POSITIVE_INFINITY
      expect(signingKeyAt(two, { timeMs: takeoverMs + 59_999, errorMs, status })?.kid).toBe('one')
      expect(signingKeyAt(two, { timeMs: takeoverMs + 60_000, errorMs, status })?.kid).toBe('two')
    }
    const { keys } = rotate(one, key('two'), exactly(startMs, 5000), policy)
    expect(keys[1]?.signsFromMs).toBe(startMs + 5000 + defaultPublishLeadMs)
  })

  it('after a leak keeps nothing of the old keys', () => {
    const leaked = rotateNow(key('three'), exactly(takeoverMs))
    expect(kids(leaked.keys)).toEqual(['three'])
    expect(signingKeyAt(leaked, exactly(takeoverMs))?.kid).toBe('three')
  })
})

describe('a clock that was set', () => {
  it('always leaves a key to sign with, and that key verifies', () => {
    const three = rotate(two, key('three'), exactly(takeoverMs + minuteMs), policy)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 * startMs }), fc.nat(200_000), (timeMs, errorMs) => {
        const now = exactly(timeMs, errorMs)
        const signing = signingKeyAt(three, now)
        expect(publishedKeysAt(three, now)).toContain(signing)
      }),
    )
  })
})

describe('the document', () => {
  it('holds the set', () => {
    expect(parseKeySet(formatKeySet(two))).toEqual(two)
    expect(parseKeySet(undefined)).toEqual({ keys: [] })
  })

  it.each<[string, (value: string) => string]>([
    ['empty', () => ''],
    ['cut', value => value.slice(0, -1)],
    ['null', () => 'null'],
    ['a list', () => '[]'],
    ['an object without keys', () => '{}'],
    ['one whose keys are no list', () => '{"keys":{}}'],
    ['one with null for a key', () => '{"keys":[null]}'],
    ['one with a key that is empty', () => '{"keys":[{}]}'],
    ['without a kid', value => value.replace('"kid"', '"id"')],
    ['without an alg', value => value.replace('"alg"', '"algorithm"')],
    ['without a jwk', value => value.replace(/"jwk":\{[^}]*\}/, '"jwk":null')],
    ['with a jwk that is a list', value => value.replace(/"jwk":\{[^}]*\}/, '"jwk":[]')],
    ['without the time of creation', value => value.replace('"createdAtMs"', '"publishedAtMs"')],
    ['without a beginning', value => value.replace('"signsFromMs"', '"from"')],
    ['with an end that is no number', value => value.replace(/"signsUntilMs":\d+/, '"signsUntilMs":null')],
    [
      'with a last day that is no number',
      value => value.replace(/"verifiesUntilMs":\d+/, '"verifiesUntilMs":""'),
    ],
  ])('is not overwritten when it cannot be read: %s', (_name, spoil) => {
    const unreadable = expect.objectContaining({ code: 'ERR_STORE_UNAVAILABLE', httpStatus: 503 })
    expect(() => parseKeySet(spoil(formatKeySet(two)))).toThrow(unreadable)
  })
})

/** Everything below happens to nodes whose clocks are up to a minute wrong, and which all hold what they read for a while. */
describe('nodes that disagree on the time', () => {
  const maxErrorMs = 60_000
  const toleranceMs = 60_000
  const ownCacheMs = 60_000
  const clientCacheMs = 900_000
  const seeds = Number(process.env['SKEWPROOF_SEEDS'] ?? 1000)

  interface Node {
    readonly offsetMs: number
    readonly isReliable: boolean
    /** How much larger than its error its bound is, as a share of what is left to 60 s. */
    readonly slack: number
  }

  // What breaks a rotation lies at the extremes.
  const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }))
  const node = fc.record<Node>({
    offsetMs: fc.oneof(
      fc.constantFrom(-maxErrorMs, maxErrorMs),
      fc.integer({ min: -maxErrorMs, max: maxErrorMs }),
    ),
    isReliable: fc.boolean(),
    slack: share,
  })
  const rotation = fc.record({ waitMs: fc.integer({ min: 0, max: 90 * minuteMs }), by: node })
  const token = fc.record({
    /** It is issued about when this key takes over, or replaces another. */
    near: fc.nat(),
    distanceMs: fc.oneof(
      fc.constantFrom(-120_000, -60_000, -1, 0, 1, 60_000, 119_999, 120_000),
      fc.integer({ min: -10 * minuteMs, max: 10 * minuteMs }),
    ),
    issuer: node,
    issuerCache: share,
    /** The clock that stamps `exp` may be another one than that by which keys are chosen. */
    stamp: node,
    lifetime: share,
    /** When it is verified, between its issue and the last instant at which the verifier takes it for alive. */
    age: share,
    verifier: node,
    publisher: node,
    caches: share,
  })

  function boundMs({ offsetMs, slack }: Node): number {
    return Math.abs(offsetMs) + slack * (maxErrorMs - Math.abs(offsetMs))
  }

  function readingOf(node: Node, trueMs: number): ClockReading {
    return {
      timeMs: trueMs + node.offsetMs,
      errorMs: node.isReliable ? boundMs(node) : Number.POSITIVE_INFINITY,
      status: node.isReliable ? 'synchronized' : 'unsynchronized',
    }
  }

  it(
    'never refuse a token for its key',
    () => {
      const seen = { keys: 0, tokens: 0 }
      const rotations = fc.array(rotation, { minLength: 1, maxLength: 8 })
      const tokens = fc.array(token, { minLength: 20, maxLength: 20 })
      fc.assert(
        fc.property(rotations, tokens, (rotated, issued) => {
          const written = [
            { atMs: startMs, set: rotate({ keys: [] }, key('first'), exactly(startMs), policy) },
          ]
          const setAt = (trueMs: number): KeySet =>
            written.findLast(({ atMs }) => atMs <= Math.max(trueMs, startMs))?.set ?? { keys: [] }
          let nowMs = startMs
          for (const { waitMs, by } of rotated) {
            nowMs += waitMs
            const set = rotate(setAt(nowMs), key(`key ${nowMs}`), readingOf(by, nowMs), policy)
            written.push({ atMs: nowMs, set })
          }
          const takeoversMs = [
            ...new Set(written.flatMap(({ set }) => set.keys.map(stored => stored.signsFromMs))),
          ]

          for (const {
            near,
            distanceMs,
            issuer,
            issuerCache,
            stamp,
            lifetime,
            age,
            verifier,
            publisher,
            caches,
          } of issued) {
            const takeoverMs = takeoversMs[near % takeoversMs.length] ?? startMs
            const issuedAtMs = Math.max(startMs, takeoverMs + distanceMs)
            const held = setAt(issuedAtMs - issuerCache * ownCacheMs)
            const signing = signingKeyAt(held, readingOf(issuer, issuedAtMs))
            const expMs =
              Math.ceil((issuedAtMs + stamp.offsetMs + lifetime * policy.maxLifetimeMs) / 1000) * 1000

            // The verifier refuses the token once its earliest possible time is past `exp` by the tolerance.
            const lagMs = (verifier.isReliable ? boundMs(verifier) : maxErrorMs) - verifier.offsetMs
            const lastMs = Math.ceil(expMs + toleranceMs + lagMs) - 1
            if (lastMs < issuedAtMs) continue
            const verifiedAtMs = Math.floor(issuedAtMs + age * (lastMs - issuedAtMs))

            const publishedAtMs = verifiedAtMs - caches * clientCacheMs
            const readAtMs = publishedAtMs - caches * ownCacheMs
            const published = publishedKeysAt(setAt(readAtMs), readingOf(publisher, publishedAtMs))
            expect(kids(published)).toContain(signing?.kid)
            seen.keys = Math.max(seen.keys, published.length)
            seen.tokens += 1
          }
        }),
        { numRuns: seeds },
      )
      expect(seen.keys).toBeGreaterThan(2)
      expect(seen.tokens).toBeGreaterThan(1000)
    },
    10_000 + 10 * seeds,
  )
})
