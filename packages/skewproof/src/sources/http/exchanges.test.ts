import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SourceError } from '../../clock/index.ts'
import { dateLagMs, readClockBody, readTimeHeader, type ServerStamp } from '../../time/index.ts'
import { combine, type Exchanges, nextRequestMs, type ServerClock, type TimedExchange } from './exchanges.ts'

/** A server's clock minus the host's monotonic one. */
const offsetMs = Date.UTC(2026, 10, 23, 12)

/** How a server tells what its clock shows, ms, when a request arrives and when the reply leaves. */
type Telling = (arrivedMs: number, leftMs: number) => ServerStamp | undefined

function inHeader(name: string, value: string): ServerStamp | undefined {
  return readTimeHeader(asked => (asked === name ? value : null))
}

const tellings = {
  clock: (receivedAtMs, sentAtMs) => readClockBody({ receivedAtMs, sentAtMs, errorMs: 1 }),
  'clock in whole ms': (arrivedMs, leftMs) =>
    readClockBody({ receivedAtMs: Math.floor(arrivedMs), sentAtMs: Math.floor(leftMs), errorMs: 1 }),
  'server-time': (_, leftMs) => inHeader('x-server-time', new Date(leftMs).toISOString()),
  'server-time in whole seconds': (_, leftMs) =>
    inHeader('x-server-time', new Date(leftMs).toISOString().replace(/\.\d+/, '')),
  date: (_, leftMs) => inHeader('date', new Date(leftMs).toUTCString()),
  'a date that is renewed late': (_, leftMs) => inHeader('date', new Date(leftMs - dateLagMs).toUTCString()),
} as const satisfies Record<string, Telling>

interface Delays {
  readonly thereMs: number
  readonly heldMs: number
  readonly backMs: number
}

function exchangeAt(requestMs: number, { thereMs, heldMs, backMs }: Delays, telling: Telling): TimedExchange {
  const arrivedMs = requestMs + thereMs
  const stamp = telling(arrivedMs + offsetMs, arrivedMs + heldMs + offsetMs)
  if (stamp === undefined) throw new Error('the server does not tell the time')
  return { stamp, claim: undefined, requestMs, replyMs: arrivedMs + heldMs + backMs }
}

/** A whole measurement; the delays are taken in turn. */
function measure(startMs: number, delays: readonly [Delays, ...Delays[]], telling: Telling): Exchanges {
  let exchanges: Exchanges = [exchangeAt(startMs, delays[0], telling)]
  for (;;) {
    const atMs = nextRequestMs(exchanges, startMs)
    if (atMs === undefined) return exchanges
    const last = exchanges.at(-1) ?? exchanges[0]
    const next = delays[exchanges.length % delays.length] ?? delays[0]
    exchanges = [...exchanges, exchangeAt(Math.max(atMs, last.replyMs), next, telling)]
  }
}

/** How far beyond its bound it is wrong. */
function excessMs({ monotonicMs, timeMs, errorMs }: ServerClock): number {
  return Math.abs(timeMs - (monotonicMs + offsetMs)) - errorMs
}

/** Doubles of today's size are exact to 0.25 µs. */
const roundingMs = 0.01

const delay = fc.oneof(
  fc.double({ min: 0, max: 3, noNaN: true }),
  fc.double({ min: 0, max: 1500, noNaN: true }),
)
const delays = fc
  .tuple(fc.record({ thereMs: delay, heldMs: delay, backMs: delay }))
  .chain(first =>
    fc
      .array(fc.record({ thereMs: delay, heldMs: delay, backMs: delay }), { maxLength: 6 })
      .map((rest): [Delays, ...Delays[]] => [...first, ...rest]),
  )
const start = fc.double({ min: 0, max: 1e7, noNaN: true })

describe.each(Object.entries(tellings))('a server that tells %s', (name, telling) => {
  it('is measured within the bound, however the delays fall', () => {
    fc.assert(
      fc.property(start, delays, (startMs, each) => {
        const exchanges = measure(startMs, each, telling)
        expect(excessMs(combine(exchanges))).toBeLessThanOrEqual(roundingMs)
        expect(exchanges.length).toBeGreaterThan(1)
        expect(exchanges.length).toBeLessThanOrEqual(16)
      }),
    )
  })

  it('is measured soon, and well when it is near', () => {
    const isCoarse = !/ms|clock|server-time$/.test(name)
    const near = { thereMs: 0.5, heldMs: 0.5, backMs: 0.5 }
    fc.assert(
      fc.property(start, startMs => {
        const exchanges = measure(startMs, [near], telling)
        const { errorMs } = combine(exchanges)
        expect(errorMs).toBeLessThan(isCoarse ? 100 : 1.1)
        expect((exchanges.at(-1)?.replyMs ?? 0) - startMs).toBeLessThan(isCoarse ? 2100 : 30)
      }),
    )
  })

  it('that repeats an old reply is refused, as a cache is', () => {
    fc.assert(
      fc.property(start, fc.double({ min: 0, max: 1e6, noNaN: true }), delays, (startMs, ageMs, each) => {
        const old: Telling = () => telling(startMs + offsetMs - ageMs, startMs + offsetMs - ageMs)
        expect(() => combine(measure(startMs, each, old))).toThrow(SourceError)
      }),
    )
  })
})

it('does not take up what is left of the time when the connection took long to set up', () => {
  const near = { thereMs: 1, heldMs: 0, backMs: 1 }
  const exchanges: Exchanges = [exchangeAt(900, near, tellings.date), exchangeAt(1025, near, tellings.date)]
  expect(nextRequestMs(exchanges, 900)).toBeGreaterThan(1500)
  expect(nextRequestMs(exchanges, -500)).toBeUndefined()
})

describe('replies that cannot be of one clock', () => {
  const near = { thereMs: 5, heldMs: 1, backMs: 5 }
  const first = exchangeAt(0, near, tellings.clock)

  it('contradict one another', () => {
    const second = exchangeAt(20, near, (arrived, left) => tellings.clock(arrived + 60_000, left + 60_000))
    expect(() => nextRequestMs([first, second], 0)).toThrow(/contradict one another/)
  })

  it('tell the time in different ways', () => {
    expect(() => combine([first, exchangeAt(20, near, tellings.date)])).toThrow(/now in one way/)
  })

  it('say to have taken longer than they did', () => {
    const late = exchangeAt(0.5, near, (arrived, left) => tellings.clock(arrived, left + 10.001))
    expect(() => combine([late])).toThrow(/held the request/)
  })
})

it('states the worst that the server said of its own clock', () => {
  const claims = [
    { status: 'synchronized', errorMs: 3 },
    { status: 'disrupted', errorMs: 900 },
    { status: 'holdover', errorMs: 30 },
  ] as const
  const [one, ...rest] = claims.map((claim, index) => ({
    ...exchangeAt(index * 20, { thereMs: 1, heldMs: 1, backMs: 1 }, tellings.clock),
    claim,
  }))
  if (one === undefined) throw new Error('no exchange')
  expect(combine([one, ...rest]).claim).toEqual(claims[1])
  expect(combine([one, { ...one, claim: { status: 'unsynchronized', errorMs: undefined } }]).claim).toEqual({
    status: 'unsynchronized',
    errorMs: undefined,
  })
})
