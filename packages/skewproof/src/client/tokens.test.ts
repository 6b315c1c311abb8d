import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTokenResponse, readTokens, type TokenSet, tokensFrom, writeTokens } from './tokens.ts'

const response = { access_token: 'a.b.c', token_type: 'Bearer', expires_in: 3600, refresh_token: 'r' }

describe('isTokenResponse', () => {
  it.each([
    [response],
    [{ access_token: 'a-._~+/==', token_type: 'bearer' }],
    [{ ...response, scope: 'more' }],
  ])('accepts %j', body => {
    expect(isTokenResponse(body)).toBe(true)
  })

  it.each([
    [undefined],
    [null],
    ['text'],
    [[]],
    [{}],
    [{ access_token: 'a' }],
    [{ access_token: '', token_type: 'Bearer' }],
    [{ access_token: 'a\r\nb: c', token_type: 'Bearer' }],
    [{ access_token: 'a b', token_type: 'Bearer' }],
    [{ access_token: ['a'], token_type: 'Bearer' }],
    [{ access_token: 'a', token_type: 'DPoP' }],
    [{ access_token: 'a', token_type: ['Bearer'] }],
    [{ access_token: 'a', token_type: { toString: 1 } }],
    [{ access_token: 'a', token_type: 'Bearer', refresh_token: 7 }],
    [{ access_token: 'a', token_type: 'Bearer', refresh_token: null }],
  ])('refuses %j', body => {
    expect(isTokenResponse(body)).toBe(false)
  })
})

it('throws at no JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (access_token, token_type) => {
      const isToken = isTokenResponse({ access_token, token_type })
      expect(isToken && typeof access_token !== 'string').toBe(false)
    }),
  )
})

describe('tokensFrom', () => {
  const asked = { wallMs: 5, monotonicMs: 7 }

  it('counts the life of a token from before it was asked for', () => {
    expect(tokensFrom(response, asked, {}, false)).toEqual({
      accessToken: 'a.b.c',
      refreshToken: 'r',
      lifetimeMs: 3_600_000,
      wallMs: 5,
      monotonicMs: 7,
      session: '',
      serial: 1,
      isCure: false,
    })
  })

  it('keeps the session, and the refresh token where the answer has none', () => {
    const before = tokensFrom(response, asked, { session: 's' }, false)
    const next = tokensFrom({ access_token: 'n', token_type: 'Bearer' }, asked, before, true)
    expect(next).toMatchObject({ refreshToken: 'r', session: 's', serial: 2, isCure: true })
    expect(next.lifetimeMs).toBe(Number.POSITIVE_INFINITY)
  })

  it.each([
    ['-1', Infinity],
    ['null', Infinity],
    ['"soon"', Infinity],
    ['[]', Infinity],
    ['{"valueOf":1,"toString":1}', Infinity],
    ['1e308', Infinity],
    ['"3600"', 3_600_000],
    ['0', 0],
  ])('takes expires_in: %s for %d ms', (text, lifetimeMs) => {
    const tokens = tokensFrom({ ...response, expires_in: JSON.parse(text) }, asked, {}, false)
    expect(tokens.lifetimeMs).toBe(lifetimeMs)
  })
})

describe('tokens as text', () => {
  const ms = fc.double({ min: -1e12, max: 1e12, noNaN: true })
  const tokenSets: fc.Arbitrary<TokenSet> = fc.record({
    accessToken: fc.stringMatching(/^[\w.~+/-]+=*$/),
    refreshToken: fc.option(fc.string(), { nil: undefined }),
    lifetimeMs: fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constant(Number.POSITIVE_INFINITY)),
    wallMs: ms.map(value => value + 0),
    monotonicMs: ms,
    session: fc.string(),
    serial: fc.nat(),
    isCure: fc.boolean(),
  })

  it('are as old for whoever reads them, whatever his monotonic clock counts from', () => {
    fc.assert(
      fc.property(tokenSets, ms, ms, (tokens, writtenMs, readMs) => {
        const text = writeTokens(tokens, { wallMs: 0, monotonicMs: writtenMs })
        const read = readTokens(text, { wallMs: 0, monotonicMs: readMs })
        expect(read).toEqual({
          ...JSON.parse(JSON.stringify(tokens)),
          lifetimeMs: tokens.lifetimeMs,
          monotonicMs: read?.monotonicMs,
        })
        const ageMs = writtenMs - tokens.monotonicMs
        expect(readMs - (read?.monotonicMs ?? Number.NaN)).toBeCloseTo(ageMs, 2)
      }),
    )
  })

  it.each([[undefined], [null], [''], ['{'], ['null'], ['7'], ['{}'], ['{"accessToken":"a b"}'], ['[]']])(
    'are not read from %j',
    text => {
      expect(readTokens(text, { wallMs: 0, monotonicMs: 0 })).toBeUndefined()
    },
  )
})
