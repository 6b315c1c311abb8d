import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bearerCredentials, type Credentials, cookieCredentials, onlyOne } from './credentials.ts'

function authorization(...values: string[]): Credentials {
  return bearerCredentials({ values: name => (name === 'authorization' ? values : []) })
}

function cookie(name: string, ...values: string[]): Credentials {
  return cookieCredentials({ values: field => (field === 'cookie' ? values : []) }, name)
}

const token68 = fc.stringMatching(/^[A-Za-z0-9._~+/-]+=*$/)

describe('an Authorization header', () => {
  it('gives back any token that it may carry, however it is spaced and the scheme is spelt', () => {
    const scheme = fc.mixedCase(fc.constant('bearer'))
    const spaces = fc.stringMatching(/^[ \t]+$/)
    fc.assert(
      fc.property(scheme, spaces, token68, fc.stringMatching(/^[ \t]*$/), (name, gap, token, end) => {
        expect(authorization(`${name}${gap}${token}${end}`)).toEqual({ kind: 'token', token })
      }),
    )
  })

  it('never gives a token that is none', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        const found = authorization(`Bearer ${text}`)
        if (found.kind === 'token') expect(found.token).toMatch(/^[A-Za-z0-9._~+/-]+=*$/)
      }),
    )
  })

  it('is read in linear time', () => {
    for (const text of [
      `Bearer ${' '.repeat(1e6)}!`,
      `Bearer ${'a'.repeat(1e6)}!`,
      `Bearer ${'='.repeat(1e6)}`,
    ]) {
      expect(authorization(text).kind).toBe('malformed')
    }
  })

  it.each(['', 'Bearer', 'Bearer   ', 'Basic YTpi', 'Bearerx a', 'Digest Bearer a'])('is none: %j', value => {
    expect(authorization(value)).toEqual({ kind: 'none' })
  })

  it.each([[['Bearer a', 'Bearer a']], [['Basic a', 'Bearer b']], [['', 'Bearer b']]])(
    'is refused when there are several: %j',
    values => {
      expect(authorization(...values).kind).toBe('malformed')
    },
  )
})

describe('a cookie', () => {
  it('is found among others, wherever it stands', () => {
    fc.assert(
      fc.property(token68, fc.array(fc.stringMatching(/^[a-r]+=[a-z]*$/)), fc.nat(), (token, others, at) => {
        const pairs = others.toSpliced(at % (others.length + 1), 0, `session=${token}`)
        expect(cookie('session', pairs.join('; '))).toEqual({ kind: 'token', token })
        expect(cookie('session', ...pairs)).toEqual({ kind: 'token', token })
      }),
    )
  })

  it.each(['', 'session=', 'session', 'asession=x', 'Session=x', 'a=session=x', 'session=""'])(
    'is none: %j',
    value => {
      expect(cookie('session', value)).toEqual({ kind: 'none' })
    },
  )

  it('is refused when there are two of its name', () => {
    expect(cookie('session', 'session=a; session=a').kind).toBe('malformed')
    expect(cookie('session', 'session=a', 'session=b').kind).toBe('malformed')
  })
})

describe('several places', () => {
  const none: Credentials = { kind: 'none' }
  const token: Credentials = { kind: 'token', token: 'a' }
  const malformed: Credentials = { kind: 'malformed', problem: 'no' }

  it.each([
    [[none, none], none],
    [[none, token], token],
    [[malformed, none], malformed],
  ])('%j', (found, expected) => {
    expect(onlyOne(found)).toEqual(expected)
  })

  it.each([[[token, token]], [[token, malformed]]])('are refused: %j', found => {
    expect(onlyOne(found).kind).toBe('malformed')
  })
})
