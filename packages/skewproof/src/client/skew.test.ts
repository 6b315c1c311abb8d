import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readClockBody, readTimeHeader } from '../time/index.ts'
import { type ExchangeSample, estimateSkew, sampleSkew, waitForSecondMs } from './skew.ts'

const trueStartMs = Date.UTC(2026, 10, 23, 12)

interface Delays {
  readonly pauseMs: number
  readonly thereMs: number
  readonly backMs: number
}

/** Exchanges with one server that is right, on a monotonic clock that began to count at noon. */
function exchanges(
  method: string,
  delays: readonly Delays[],
  errorMs: number | null = null,
): ExchangeSample[] {
  let atMs = 0
  return delays.flatMap(({ pauseMs, thereMs, backMs }) => {
    const requestMs = atMs + pauseMs
    const serverMs = trueStartMs + requestMs + thereMs
    atMs = requestMs + thereMs + backMs
    const stamp =
      method === 'clock'
        ? readClockBody({ receivedAtMs: serverMs, sentAtMs: serverMs, errorMs })
        : readTimeHeader(name => {
            if (name === 'date') return new Date(serverMs).toUTCString()
            return method === 'server-time' ? new Date(serverMs).toISOString() : null
          })
    return stamp === undefined ? [] : [{ ...stamp, requestMs, replyMs: atMs }]
  })
}

/** Clocks that show whole ms only, the wall clock being off by so much. */
function readAt(atMs: number, skewMs: number): { wallMs: number; monotonicMs: number } {
  return { monotonicMs: Math.floor(atMs), wallMs: Math.floor(trueStartMs + atMs + skewMs) }
}

function cutToMs(samples: readonly ExchangeSample[]): ExchangeSample[] {
  return samples.map(sample => ({
    ...sample,
    requestMs: Math.floor(sample.requestMs),
    replyMs: Math.floor(sample.replyMs),
  }))
}

const delay = fc.oneof(
  fc.double({ min: 0, max: 5, noNaN: true }),
  fc.double({ min: 0, max: 3000, noNaN: true }),
)
const delays = fc.array(fc.record({ pauseMs: delay, thereMs: delay, backMs: delay }), {
  minLength: 1,
  maxLength: 8,
})
const skew = fc.oneof(
  fc.double({ min: -400_000, max: 400_000, noNaN: true }),
  fc.double({ min: -1e11, max: 1e11, noNaN: true }),
)

describe('estimateSkew', () => {
  it.each(['clock', 'server-time', 'date'])(
    'holds the true skew by %s, however asymmetric the delays are',
    method => {
      fc.assert(
        fc.property(delays, skew, delay, (each, skewMs, laterMs) => {
          const samples = exchanges(method, each)
          const endMs = samples.at(-1)?.replyMs ?? 0
          const found = estimateSkew(cutToMs(samples), readAt(endMs + laterMs, skewMs))
          expect(found?.method).toBe(method)
          // Doubles of this size are exact to 0.25 µs.
          expect(Math.abs((found?.skewMs ?? Number.NaN) - skewMs)).toBeLessThanOrEqual(
            (found?.errorMs ?? 0) + 0.01,
          )
        }),
      )
    },
  )

  it('says of one sample alone what sampleSkew says', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('clock', 'server-time', 'date'),
        delays,
        skew,
        fc.constantFrom(1, null),
        (method, each, skewMs, errorMs) => {
          for (const sample of cutToMs(exchanges(method, each, errorMs))) {
            const now = readAt(sample.replyMs, skewMs)
            expect(sampleSkew(sample, now)).toEqual(estimateSkew([sample], now))
          }
        },
      ),
    )
  })

  it('is at least as narrow as the best sample alone', () => {
    fc.assert(
      fc.property(delays, each => {
        const samples = exchanges('clock', each)
        const now = readAt(samples.at(-1)?.replyMs ?? 0, 0)
        const alone = samples.map(sample => estimateSkew([sample], now)?.errorMs ?? Number.NaN)
        expect(estimateSkew(samples, now)?.errorMs).toBeLessThanOrEqual(Math.min(...alone))
      }),
    )
  })

  const quick = { pauseMs: 100, thereMs: 10, backMs: 10 }
  const now = (skewMs: number) => readAt(1000, skewMs)

  it.each([
    ['none', 5, 1],
    ['device', 60_000, 1],
    ['none', 60_000, 60_000],
    ['none', 5, null],
    ['unknown', 60_000, null],
    ['unknown', -60_000, null],
  ])('says "%s" of a skew of %d ms when the server is good to %j ms', (culpritHint, skewMs, errorMs) => {
    expect(estimateSkew(exchanges('clock', [quick, quick], errorMs), now(skewMs))?.culpritHint).toBe(
      culpritHint,
    )
  })

  it('holds what each of two servers says when they contradict one another, and says so', () => {
    const [right, other] = exchanges('clock', [quick, quick], 1)
    if (right === undefined || other === undefined) throw new Error('no samples')
    const ahead = { ...other, atRequestMs: other.atRequestMs + 500, atReplyMs: other.atReplyMs + 500 }
    const found = estimateSkew([right, ahead], now(0))
    expect(found?.culpritHint).toBe('server')
    expect(found?.skewMs).toBeCloseTo(-250, -1)
    expect(found?.errorMs).toBeGreaterThan(250)
  })

  it('has nothing to say of replies from a cache, of impossible ones, and of none', () => {
    const [first, later] = exchanges('server-time', [quick, quick])
    if (first === undefined || later === undefined) throw new Error('no samples')
    const { atRequestMs, atReplyMs } = first
    expect(estimateSkew([first, { ...later, atRequestMs, atReplyMs }], now(0))).toBeUndefined()
    const impossible = { ...first, atReplyMs: atRequestMs + 50 }
    expect(estimateSkew([impossible], now(0))).toBeUndefined()
    expect(sampleSkew(impossible, now(0))).toBeUndefined()
    expect(estimateSkew([], now(0))).toBeUndefined()
  })

  it('takes two replies within one second for what they are', () => {
    expect(estimateSkew(exchanges('date', [quick, quick]), now(0))).toMatchObject({ method: 'date' })
  })
})

describe('waitForSecondMs', () => {
  it('finds the beginning of a second to a few ms, by questions that halve what is unknown', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1000, noNaN: true }), startMs => {
        const path = { thereMs: 4, backMs: 2 }
        const waits: Delays[] = [{ ...path, pauseMs: startMs }]
        for (let made = 1; made < 12; made += 1) {
          const samples = exchanges('date', waits)
          const pauseMs = waitForSecondMs(samples, samples.at(-1)?.replyMs ?? 0)
          expect(pauseMs).toBeGreaterThanOrEqual(0)
          expect(pauseMs).toBeLessThanOrEqual(1000)
          waits.push({ ...path, pauseMs })
        }
        const samples = exchanges('date', waits)
        const found = estimateSkew(samples, readAt(samples.at(-1)?.replyMs ?? 0, 0))
        // Half of: the allowance for a late Date, the round trip, the last step of the search; and the drift of 12 s.
        expect(found?.errorMs).toBeLessThan(25 + 3 + 5 + 10)
      }),
    )
  })
})
