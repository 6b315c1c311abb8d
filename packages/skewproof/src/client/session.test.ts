import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Moment } from './device.ts'
import {
  after401,
  failed,
  obtained,
  online,
  refreshInMs,
  remainingMs,
  type SessionState,
  signedOut,
} from './session.ts'
import { type TokenSet, tokensFrom } from './tokens.ts'

const start: Moment = { wallMs: Date.UTC(2026, 10, 23, 12), monotonicMs: 5000 }
const later = (ms: number, wallMs = ms): Moment => ({
  monotonicMs: start.monotonicMs + ms,
  wallMs: start.wallMs + wallMs,
})

function tokensFor(seconds: number | undefined, isCure = false): TokenSet {
  const response = {
    access_token: 'now',
    token_type: 'Bearer',
    ...(seconds !== undefined && { expires_in: seconds }),
  }
  return tokensFrom(response, start, { session: 's' }, isCure)
}
const session = (seconds: number | undefined, isCure = false): SessionState =>
  obtained(tokensFor(seconds, isCure), start.monotonicMs)

describe('the schedule', () => {
  it.each([
    ['an hour', 3600, 3_540_000],
    ['ten minutes', 600, 540_000],
    ['five minutes', 300, 240_000],
    ['a minute', 60, 48_000],
    ['ten seconds', 10, 8000],
    ['a second', 1, 1000],
    ['no time', 0, 1000],
    ['an unknown time', undefined, Number.POSITIVE_INFINITY],
  ])('refreshes a token for %s in time', (_, seconds, inMs) => {
    expect(refreshInMs(session(seconds), start)).toBe(inMs)
  })

  it.each([
    ['runs as it should', later(3_539_999), 1],
    ['runs as it should, later', later(3_540_000), 0],
    ['was set back by three years', later(3_540_000, -1e11), 0],
    ['was set back by five minutes', later(1000, -300_000), 3_539_000],
    ['was set ahead by five minutes', later(1000, 301_000), 3_239_000],
    ['was set ahead by three years', later(1000, 1e11), 0],
    ['tells of a sleep that the monotonic clock did not see', later(1000, 3_600_000), 0],
    ['was set back during such a sleep', later(1000, 0), 3_539_000],
  ])('when the device’s clock %s', (_, now, inMs) => {
    expect(refreshInMs(session(3600), now)).toBe(inMs)
  })

  const ms = fc.double({ min: 0, max: 1e10, noNaN: true })
  const anyWallMs = fc.double({ min: -1e12, max: 1e12, noNaN: true })

  it('is never later for what the device’s clock shows, however wrong it is', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e6 }), ms, anyWallMs, (seconds, elapsedMs, wallMs) => {
        const wrong = later(elapsedMs, wallMs)
        const still = later(elapsedMs, 0)
        expect(refreshInMs(session(seconds), wrong)).toBeLessThanOrEqual(refreshInMs(session(seconds), still))
        expect(remainingMs(tokensFor(seconds), wrong)).toBeLessThanOrEqual(seconds * 1000 - elapsedMs + 1e-3)
      }),
    )
  })

  it('has a token refreshed before it is too old, but for the pause after the last refresh', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e6 }), ms, (seconds, elapsedMs) => {
        const state = session(seconds)
        const now = later(elapsedMs)
        if (remainingMs(tokensFor(seconds), now) <= 0 && elapsedMs >= 1000)
          expect(refreshInMs(state, now)).toBe(0)
      }),
    )
  })

  it('has nothing to refresh when nobody is signed in', () => {
    expect(refreshInMs(signedOut, start)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('after a failure', () => {
  const fail = (state: SessionState, retryAfterMs?: number, random = 0) =>
    failed(state, 10_000, retryAfterMs, random)

  it('backs off, with jitter, to a minute or two', () => {
    let state = session(3600)
    const pauses = []
    for (let attempt = 0; attempt < 9; attempt += 1) {
      state = fail(state)
      pauses.push(state.retryAtMs - 10_000)
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
    expect(fail(state, undefined, 0.5).retryAtMs).toBe(100_000)
    expect(state.tokens).toBe(session(3600).tokens === undefined ? undefined : state.tokens)
    expect(state.failures).toBe(9)
  })

  it('waits for as long as the server says, whoever asks and whatever they say of the network', () => {
    const state = fail(session(3600), 30_000)
    expect(state).toMatchObject({ notBeforeMs: 40_000, retryAtMs: 40_000 })
    expect(online(state)).toMatchObject({ notBeforeMs: 40_000, retryAtMs: 40_000 })
  })

  it('tries again when the network is back, but not more than once in a second', () => {
    const many = fail(fail(fail(fail(session(3600)))))
    expect(many.retryAtMs).toBe(18_000)
    expect(online(many).retryAtMs).toBe(11_000)
  })

  it('does not hurry a token that is not due', () => {
    expect(refreshInMs(online(session(3600)), later(2000))).toBe(3_538_000)
  })

  it('is over with new tokens', () => {
    expect(obtained(tokensFor(60), 20_000)).toMatchObject({ failures: 0, notBeforeMs: 0, retryAtMs: 21_000 })
  })
})

describe('after401', () => {
  const invalid = 'Bearer error="invalid_token"'

  it.each([
    ['refreshes', 'now', invalid, session(3600), later(1000), 'refresh'],
    ['refreshes where the reason cannot be seen', 'now', null, session(3600), later(1000), 'refresh'],
    ['takes the token that there is by now', 'before', invalid, session(3600), later(1000), 'resend'],
    [
      'leaves what a refresh cannot cure',
      'now',
      'Bearer error="insufficient_scope"',
      session(3600),
      later(1000),
      undefined,
    ],
    ['leaves that even with another token', 'before', 'Basic', session(3600), later(1000), undefined],
    ['does not ask a third time', 'now', invalid, session(3600, true), later(1000), undefined],
    ['asks again when that token is due', 'now', invalid, session(3600, true), later(3_540_000), 'refresh'],
    ['has nothing without a session', 'now', invalid, signedOut, start, undefined],
  ] as const)('%s', (_, token, challenge, state, now, step) => {
    expect(after401(token, challenge, state, now)).toBe(step)
  })
})
