import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exchangeOffset, intersection, readClockBody, readTimeHeader, type ServerStamp } from './exchange.ts'

const header = (fields: Readonly<Record<string, string>>) =>
  readTimeHeader(name => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : null))

describe('readClockBody', () => {
  it.each([
    [{ receivedAtMs: 1000.5, sentAtMs: 1001, errorMs: 3, status: 'synchronized' }, 3],
    [{ receivedAtMs: 1000.5, sentAtMs: 1001, errorMs: null, status: 'unsynchronized' }, undefined],
  ])('reads %j', (body, errorMs) => {
    expect(readClockBody(body)).toEqual({ method: 'clock', atRequestMs: 1000.5, atReplyMs: 1001, errorMs })
  })

  it.each([
    [undefined],
    [null],
    ['1000'],
    [[]],
    [{}],
    [{ receivedAtMs: 1, sentAtMs: 1 }],
    [{ receivedAtMs: '1', sentAtMs: 1, errorMs: 1 }],
    [{ receivedAtMs: 1, sentAtMs: null, errorMs: 1 }],
    [{ receivedAtMs: -1, sentAtMs: 1, errorMs: 1 }],
    [{ receivedAtMs: 1, sentAtMs: 8.64e15 + 2, errorMs: 1 }],
    [{ receivedAtMs: 1, sentAtMs: 1, errorMs: -1 }],
    [{ receivedAtMs: 1, sentAtMs: 1, errorMs: Number.POSITIVE_INFINITY }],
  ])('refuses %j', body => {
    expect(readClockBody(body)).toBeUndefined()
  })

  it('throws at nothing', () => {
    fc.assert(
      fc.property(fc.anything(), body => {
        const stamp = readClockBody(body)
        if (stamp !== undefined) expect(stamp.atReplyMs).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})

describe('readTimeHeader', () => {
  const date = 'Mon, 23 Nov 2026 12:00:00 GMT'
  const noonMs = Date.UTC(2026, 10, 23, 12)

  it.each([
    ['milliseconds', { 'x-server-time': '2026-11-23T12:00:00.123Z', date }, 'server-time', noonMs + 123, 1],
    ['whole seconds', { 'x-server-time': '2026-11-23T12:00:00Z', date }, 'server-time', noonMs, 1000],
    ['the date where that is all', { date }, 'date', noonMs, 1050],
    ['the date where the other is no time', { 'x-server-time': 'noon', date }, 'date', noonMs, 1050],
    [
      'the date where the other is no day',
      { 'x-server-time': '2026-13-23T12:00:00Z', date },
      'date',
      noonMs,
      1050,
    ],
  ])('reads %s', (_, fields, method, atReplyMs, unitMs) => {
    expect(header(fields)).toEqual({ method, atReplyMs, atRequestMs: atReplyMs + unitMs, errorMs: undefined })
  })

  it.each([
    [{}],
    [{ 'x-server-time': '2026-11-23 12:00:00Z' }],
    [{ 'x-server-time': '2026-11-23T12:00:00.123' }],
    [{ 'x-server-time': '1700000000000' }],
    [{ date: '23 Nov 2026 12:00:00 GMT' }],
    [{ date: 'Mon, 23 Nov 2026 12:00:00 +0100' }],
    [{ date: 'Mon, 23 Foo 2026 12:00:00 GMT' }],
    [{ date: 'Mon, 23 Nov 1926 12:00:00 GMT' }],
  ])('finds no time in %j', fields => {
    expect(header(fields)).toBeUndefined()
  })
})

describe('exchangeOffset', () => {
  const stamp: ServerStamp = { method: 'clock', atRequestMs: 5010, atReplyMs: 5020, errorMs: undefined }

  it('leaves all of the round trip but the time at the server open', () => {
    expect(exchangeOffset(stamp, 0, 100)).toEqual({ lowMs: 4920, highMs: 5010 })
    expect(exchangeOffset({ ...stamp, errorMs: 7 }, 0, 100)).toEqual({ lowMs: 4913, highMs: 5017 })
  })

  it.each([
    [10, { lowMs: 5010, highMs: 5010 }],
    [9, undefined],
  ])(
    'knows for a round trip of %d ms that the server cannot have held the request for 10',
    (replyMs, offset) => {
      expect(exchangeOffset(stamp, 0, replyMs)).toEqual(offset)
    },
  )

  const ms = fc.double({ min: 0, max: 5000, noNaN: true })

  it('holds the true offset, however the delay is divided, as far as the server keeps its own bound', () => {
    const fraction = fc.double({ min: -1, max: 1, noNaN: true })
    const local = fc.double({ min: 0, max: 1e7, noNaN: true })
    const method = fc.constantFrom('clock', 'server-time', 'date')
    fc.assert(
      fc.property(
        method,
        local,
        ms,
        ms,
        ms,
        ms,
        fraction,
        (how, requestMs, thereMs, heldMs, backMs, errorMs, wrong) => {
          const offsetMs = 1.8e12
          const atArrivalMs = requestMs + thereMs + offsetMs
          const shown = (trueMs: number) => trueMs + wrong * errorMs
          const reply = (): ServerStamp | undefined => {
            const sentAtMs = shown(atArrivalMs + heldMs)
            if (how === 'clock') return readClockBody({ receivedAtMs: shown(atArrivalMs), sentAtMs, errorMs })
            const text = how === 'date' ? new Date(sentAtMs).toUTCString() : new Date(sentAtMs).toISOString()
            return header({ [how === 'date' ? 'date' : 'x-server-time']: text })
          }
          const stamped = reply()
          if (stamped === undefined) throw new Error('no time in the reply')
          const found = exchangeOffset(
            { ...stamped, errorMs },
            requestMs,
            requestMs + thereMs + heldMs + backMs,
          )
          // Doubles of this size are exact to 0.25 µs.
          expect(found?.lowMs).toBeLessThanOrEqual(offsetMs + 0.01)
          expect(found?.highMs).toBeGreaterThanOrEqual(offsetMs - 0.01)
        },
      ),
    )
  })
})

describe('intersection', () => {
  it.each([
    [[], undefined],
    [[[1, 5]], { lowMs: 1, highMs: 5 }],
    [
      [
        [1, 5],
        [5, 9],
      ],
      { lowMs: 5, highMs: 5 },
    ],
    [
      [
        [1, 5],
        [3, 9],
        [2, 4],
      ],
      { lowMs: 3, highMs: 4 },
    ],
    [
      [
        [1, 5],
        [6, 9],
      ],
      undefined,
    ],
  ])('of %j is %j', (pairs, common) => {
    const intervals = pairs.map(([lowMs = 0, highMs = 0]) => ({ lowMs, highMs }))
    expect(intersection(intervals)).toEqual(common)
  })
})
