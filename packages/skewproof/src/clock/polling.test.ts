import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextPollMs, type PollFacts } from './polling.ts'

const calm: PollFacts = { minPollMs: 0, failures: 0, agreements: 0, retryAfterMs: undefined, random: 0.5 }

describe('nextPollMs', () => {
  it.each([
    [{}, 2000],
    [{ agreements: 1 }, 4000],
    [{ agreements: 5 }, 64_000],
    [{ agreements: 1000 }, 64_000],
    [{ failures: 1 }, 4000],
    [{ failures: 7, agreements: 5 }, 256_000],
    [{ failures: 50 }, 300_000],
    [{ minPollMs: 16_000 }, 16_000],
    [{ retryAfterMs: 900_000 }, 900_000],
    [{ random: 0 }, 1750],
    [{ retryAfterMs: 1e12 }, 86_400_000],
  ])('with %j waits %d ms', (facts, expected) => {
    expect(nextPollMs({ ...calm, ...facts })).toBe(expected)
  })

  it('never asks sooner than the source allows, nor hammers one that fails', () => {
    const facts = fc.record({
      minPollMs: fc.nat(1e6),
      failures: fc.nat(1e6),
      agreements: fc.nat(1e6),
      retryAfterMs: fc.option(fc.nat(1e7), { nil: undefined }),
      random: fc.double({ min: 0, max: 0.999, noNaN: true }),
    })
    fc.assert(
      fc.property(facts, poll => {
        const waitMs = nextPollMs(poll)
        expect(waitMs).toBeGreaterThanOrEqual(Math.max(poll.minPollMs, poll.retryAfterMs ?? 0, 1750))
        expect(Number.isFinite(waitMs)).toBe(true)
      }),
    )
  })
})
