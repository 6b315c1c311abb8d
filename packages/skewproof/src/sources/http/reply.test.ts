import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SourceError } from '../../clock/index.ts'
import { readTimedReply } from './reply.ts'

const url = new URL('https://time.test/clock')
const date = 'Mon, 23 Nov 2026 12:00:00 GMT'
const noonMs = Date.UTC(2026, 10, 23, 12)
const json = 'application/json; charset=utf-8'

function read(status: number, fields: Readonly<Record<string, string>>, body: string | undefined = '') {
  return readTimedReply({ status, body, field: name => fields[name] }, url)
}

const clock = { receivedAtMs: noonMs, sentAtMs: noonMs + 1, errorMs: 3, status: 'synchronized' }

describe('the time in a reply', () => {
  it.each([
    ['the body', 200, { 'content-type': json, date }, clock, 'clock'],
    [
      'the header when the body is none of ours',
      200,
      { 'content-type': json, date },
      { now: noonMs },
      'date',
    ],
    ['the header when the body is another type', 200, { 'content-type': 'text/html', date }, clock, 'date'],
    ['the header of a refusal', 404, { 'content-type': json, date }, clock, 'date'],
    [
      'the more exact header',
      401,
      { 'x-server-time': '2026-11-23T12:00:00.123Z', date },
      'no entry',
      'server-time',
    ],
  ])('is in %s', (_, status, fields, body, method) => {
    expect(read(status, fields, JSON.stringify(body)).stamp.method).toBe(method)
  })

  it.each([
    ['synchronized', 3, 'synchronized', 3],
    ['holdover', 3, 'holdover', 3],
    ['unsynchronized', null, 'unsynchronized', undefined],
    ['excellent', 3, 'unsynchronized', 3],
    [undefined, 3, 'unsynchronized', 3],
  ])('comes with what the server says of its clock: %j within %j', (said, errorMs, status, claimedMs) => {
    const { claim } = read(200, { 'content-type': json }, JSON.stringify({ ...clock, errorMs, status: said }))
    expect(claim).toEqual({ status, errorMs: claimedMs })
  })

  it.each(['{', '', 'null', '[]', '"x"'])('is not in the body %j', body => {
    expect(read(200, { 'content-type': json, date }, body).stamp.method).toBe('date')
  })

  it('is in the header of a reply whose body was too long to be read', () => {
    expect(readTimedReply({ status: 200, body: undefined, field: name => ({ date })[name] }, url).claim).toBe(
      undefined,
    )
  })
})

describe('a reply is refused that', () => {
  it.each([
    ['has no time', 200, {}, 'unsupported', 'time.test answers 200 and does not say the time'],
    [
      'redirects',
      301,
      { location: 'https://user:secret@other.test/path?token=secret', date },
      'unsupported',
      'time.test redirects to https://other.test/path; ask that address instead',
    ],
    ['redirects nowhere', 302, { date }, 'unsupported', 'time.test redirects; ask that address instead'],
    ['is a failure', 502, { date }, 'unreachable', 'time.test answers 502'],
    ['is one of too many', 429, { date }, 'unreachable', 'time.test answers 429'],
    ['has an age', 200, { age: '0', date }, 'mismatched', 'the answer of time.test comes from a cache'],
    ['hit a cache', 200, { 'cache-status': 'edge; hit; ttl=30', date }, 'mismatched', /from a cache/],
    ['hit an older cache', 200, { 'x-cache': 'HIT from edge', date }, 'mismatched', /from a cache/],
    ['hit another', 200, { 'cf-cache-status': 'HIT', date }, 'mismatched', /from a cache/],
  ])('%s', (_, status, fields, reason, message) => {
    const refusal = refusalOf(() => read(status, fields))
    expect(refusal.reason).toBe(reason)
    expect(refusal.message).toMatch(message)
  })

  it.each([
    ['120', 120_000],
    ['0', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['99999', 99_999_000],
    ['100000', undefined],
    [date, undefined],
  ])('asks to be left alone for %j', (text, retryAfterMs) => {
    expect(refusalOf(() => read(503, { 'retry-after': text })).retryAfterMs).toBe(retryAfterMs)
  })

  it.each([
    [{ receivedAtMs: 1e300 }],
    [{ receivedAtMs: -1 }],
    [{ sentAtMs: '1' }],
    [{ errorMs: 'none' }],
    [{ errorMs: -1 }],
    [{ sentAtMs: null }],
  ])('has a body with the wrong numbers: %j', wrong => {
    const refusal = refusalOf(() =>
      read(200, { 'content-type': json, date }, JSON.stringify({ ...clock, ...wrong })),
    )
    expect(refusal.reason).toBe('malformed')
  })

  it('missed the cache', () => {
    expect(read(200, { 'cache-status': 'edge; fwd=miss', 'x-cache': 'MISS', date }).stamp.method).toBe('date')
  })
})

it('throws nothing but a SourceError, whatever the reply is', () => {
  const names = ['age', 'date', 'x-server-time', 'content-type', 'location', 'retry-after', 'cache-status']
  const value = fc.oneof(fc.string(), fc.constantFrom(date, json, '0', 'hit', 'https://x.test/'))
  const fields = fc.dictionary(fc.constantFrom(...names), value)
  const body = fc.oneof(fc.string(), fc.json(), fc.constant(undefined))
  fc.assert(
    fc.property(fc.nat({ max: 999 }), fields, body, (status, fields, body) => {
      try {
        readTimedReply({ status, body, field: name => fields[name] }, url)
      } catch (error) {
        expect(error).toBeInstanceOf(SourceError)
      }
    }),
  )
})

function refusalOf(read: () => unknown): SourceError {
  try {
    read()
  } catch (error) {
    if (error instanceof SourceError) return error
    throw error
  }
  throw new Error('it was not refused')
}
