import { describe, expect, it } from 'vitest'
import { tokenIn } from './tokens/explanation.ts'
import { bySession } from './tokens/sessions.ts'

const token = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'

describe('the token in what is pasted', () => {
  it.each([
    token,
    `  ${token}\n`,
    `Bearer ${token}`,
    `authorization: bearer ${token}`,
    `Authorization: Bearer\n${token.slice(0, 30)}\n  ${token.slice(30)}`,
    `{"access_token":"${token}","token_type":"Bearer"}`,
    `curl -H 'Authorization: Bearer ${token}' http://example.com`,
  ])('%s', pasted => {
    expect(tokenIn(pasted)).toBe(token)
  })

  it('is all of it where there is none', () => {
    expect(tokenIn(' nothing ')).toBe('nothing')
  })
})

describe('the tokens of a subject', () => {
  it('come session by session, the newest first, those without a session last', () => {
    const one = (jti: string, issuedAt: number, session?: string) => ({
      jti,
      issued_at: issuedAt,
      expires_in: 1,
      ...(session !== undefined && { session }),
    })
    const groups = bySession([one('a', 1, 's'), one('b', 9), one('c', 3, 's'), one('d', 5, 't')])
    expect(groups.map(({ session, tokens }) => [session, tokens.map(({ jti }) => jti)])).toEqual([
      ['t', ['d']],
      ['s', ['c', 'a']],
      [undefined, ['b']],
    ])
  })
})
