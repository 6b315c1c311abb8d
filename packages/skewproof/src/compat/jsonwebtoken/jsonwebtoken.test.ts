import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import base from 'jsonwebtoken'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ManualClock } from '../../clock/index.ts'
import jwt, * as named from './index.ts'

/** True time; the tests' wall clock shows it too unless they say otherwise. */
const nowSeconds = 1_800_000_000
const secret = createSecretKey(Buffer.alloc(32, 7))
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

function clockWithin(errorMs: number, atSeconds = nowSeconds) {
  const status = Number.isFinite(errorMs) ? 'synchronized' : 'unsynchronized'
  jwt.useClock(new ManualClock({ timeMs: atSeconds * 1000, errorMs, status }))
}

/** What a call gives: a result, or an error's class, message and evidence. */
type Outcome = { result: unknown } | { error: string; message: string; culprit?: string; byMs?: number }

function outcomeOf(call: () => unknown): Outcome {
  try {
    return { result: call() }
  } catch (error) {
    return describeError(error)
  }
}

function describeError(error: unknown): Outcome {
  const { name, message } = error as Error
  return { error: name, message }
}

beforeEach(() => {
  vi.useFakeTimers({ now: nowSeconds * 1000, toFake: ['Date'] })
  clockWithin(0)
})
afterEach(() => {
  vi.useRealTimers()
})

describe('what it exports', () => {
  it('is what jsonwebtoken exports, by default and by name', () => {
    for (const [name, value] of Object.entries(base)) {
      expect(typeof jwt[name as keyof typeof jwt]).toBe(typeof value)
      expect(named[name as keyof typeof jwt]).toBe(jwt[name as keyof typeof jwt])
    }
    expect(jwt.TokenExpiredError).toBe(base.TokenExpiredError)
  })
})

/** Of each option and error in jsonwebtoken's README a case; times far from any edge. */
const claims = {
  sub: 'alice',
  aud: 'api',
  iss: 'https://auth.test',
  jti: 'j1',
  nonce: 'n1',
  iat: nowSeconds - 100,
}
const good = base.sign({ ...claims, exp: nowSeconds + 900 }, secret)
const expired = base.sign({ ...claims, exp: nowSeconds - 900 }, secret)
const future = base.sign({ ...claims, nbf: nowSeconds + 900, exp: nowSeconds + 1800 }, secret)
const other = createSecretKey(Buffer.alloc(32, 8))

type VerifyArguments = [token: string, key: base.Secret | base.PublicKey, options?: base.VerifyOptions]

const verifyCases: readonly [string, VerifyArguments][] = [
  ['a good token', [good, secret]],
  ['a secret as a string', [base.sign(claims, 'shhhhhared-secret'), 'shhhhhared-secret']],
  ['a secret as a buffer', [base.sign(claims, Buffer.alloc(32, 1)), Buffer.alloc(32, 1)]],
  ['a public key', [base.sign(claims, privateKey, { algorithm: 'ES256' }), publicKey]],
  [
    'a PEM',
    [
      base.sign(claims, privateKey, { algorithm: 'ES256' }),
      publicKey.export({ type: 'spki', format: 'pem' }),
    ],
  ],
  ['another key', [good, other]],
  ['no key', [good, '']],
  ['no token', ['', secret]],
  ['two parts', ['a.b', secret]],
  ['no JSON', ['a.b.c', secret]],
  ['algorithms', [good, secret, { algorithms: ['HS256'] }]],
  ['other algorithms', [good, secret, { algorithms: ['HS512'] }]],
  ['none', [base.sign(claims, null, { algorithm: 'none' }), '', { algorithms: ['none'] }]],
  ['none without asking for it', [base.sign(claims, null, { algorithm: 'none' }), '']],
  ['an audience', [good, secret, { audience: 'api' }]],
  ['an audience by a pattern', [good, secret, { audience: /^ap/ }]],
  ['a list of audiences', [good, secret, { audience: ['web', /api/] }]],
  ['another audience', [good, secret, { audience: 'web' }]],
  ['complete', [good, secret, { complete: true }]],
  ['an issuer', [good, secret, { issuer: 'https://auth.test' }]],
  ['a list of issuers', [good, secret, { issuer: ['x', 'https://auth.test'] }]],
  ['another issuer', [good, secret, { issuer: 'x' }]],
  ['a jwtid', [good, secret, { jwtid: 'j1' }]],
  ['another jwtid', [good, secret, { jwtid: 'j2' }]],
  ['a subject', [good, secret, { subject: 'alice' }]],
  ['another subject', [good, secret, { subject: 'bob' }]],
  ['a nonce', [good, secret, { nonce: 'n1' }]],
  ['another nonce', [good, secret, { nonce: 'n2' }]],
  ['an empty nonce', [good, secret, { nonce: '' }]],
  ['an expired token', [expired, secret]],
  ['an expired token of another key', [expired, other]],
  ['an expired token for another audience', [expired, secret, { audience: 'web' }]],
  ['ignoreExpiration', [expired, secret, { ignoreExpiration: true }]],
  ['a token for later', [future, secret]],
  ['ignoreNotBefore', [future, secret, { ignoreNotBefore: true }]],
  ['a tolerance', [good, secret, { clockTolerance: 5 }]],
  ['maxAge in seconds', [good, secret, { maxAge: 300 }]],
  ['maxAge as a text', [good, secret, { maxAge: '2 days' }]],
  ['maxAge exceeded', [good, secret, { maxAge: '10s' }]],
  ['maxAge that is nothing', [good, secret, { maxAge: 'soon' }]],
  ['maxAge without iat', [base.sign({ sub: 'a' }, secret, { noTimestamp: true }), secret, { maxAge: 5 }]],
  ['a clockTimestamp', [expired, secret, { clockTimestamp: nowSeconds - 1000 }]],
  ['a clockTimestamp after exp', [good, secret, { clockTimestamp: nowSeconds + 900 }]],
  ['a text as payload', [base.sign('hello', secret), secret]],
  ['an exp that is a text', [handMade({ exp: 'soon' }), secret]],
  ['an nbf that is a text', [handMade({ nbf: 'soon' }), secret]],
  ['an ignored exp that is a text', [handMade({ exp: 'soon' }), secret, { ignoreExpiration: true }]],
]

/** jsonwebtoken itself would not sign it. */
function handMade(payload: object): string {
  return base.sign(JSON.stringify(payload), secret, { header: { alg: 'HS256', typ: 'JWT' } })
}

describe('verify', () => {
  it.each(verifyCases)('does with %s what jsonwebtoken does', async (_name, [token, key, options]) => {
    const expected = outcomeOf(() => base.verify(token, key, options))
    expect(outcomeOf(() => jwt.verify(token, key, options))).toEqual(expected)
    const answered = await new Promise<Outcome>(resolve => {
      jwt.verify(token, key, options ?? {}, (error, decoded) => {
        resolve(error === null ? { result: decoded } : describeError(error))
      })
    })
    expect(answered).toEqual(expected)
  })

  it('finds the key by a callback', async () => {
    const verifyWith = (getKey: base.GetPublicKeyOrSecret) =>
      new Promise<Outcome>(resolve => {
        jwt.verify(good, getKey, (error, decoded) => {
          resolve(error === null ? { result: decoded } : describeError(error))
        })
      })
    expect(await verifyWith((_header, callback) => void setImmediate(callback, null, secret))).toHaveProperty(
      'result.sub',
      'alice',
    )
    expect(await verifyWith((_header, callback) => callback(new Error('gone')))).toEqual({
      error: 'JsonWebTokenError',
      message: 'error in secret or public key callback: gone',
    })
    expect(outcomeOf(() => jwt.verify(good, ((): void => {}) as never))).toHaveProperty('error')
  })

  const boundary = (exp: number) =>
    base.sign({ sub: 'a', iat: nowSeconds - 600, exp: nowSeconds + exp }, secret)
  it.each([
    // The clock is known to 5 s, the issuer's is not: 35 s are forgiven.
    [5000, undefined, -34, 'accepted'],
    [5000, undefined, -35, 'jwt expired'],
    [5000, 0, -4, 'accepted'],
    [5000, 0, -5, 'jwt expired'],
    // Nothing is known of either: 30 s.
    [Number.POSITIVE_INFINITY, undefined, -29, 'accepted'],
    [Number.POSITIVE_INFINITY, undefined, -30, 'jwt expired'],
    [Number.POSITIVE_INFINITY, 60, -59, 'accepted'],
    [Number.POSITIVE_INFINITY, 60, -60, 'jwt expired'],
    [0, 0, 1, 'accepted'],
    // RFC 7519, 4.1.4: on or after.
    [0, 0, 0, 'jwt expired'],
  ])(
    'with a bound of %d ms and a tolerance of %s s takes a token whose exp is %d s from now: %s',
    (...row) => {
      const [errorMs, clockTolerance, exp, expected] = row
      clockWithin(errorMs)
      const outcome = outcomeOf(() => jwt.verify(boundary(exp), secret, { clockTolerance }))
      expect('result' in outcome ? 'accepted' : outcome.message).toBe(expected)
    },
  )

  it("forgives milliseconds where the issuer's bound is known", () => {
    clockWithin(5)
    const token = base.sign({ iat: nowSeconds - 600, iat_err: 0.005, exp: nowSeconds }, secret)
    expect(() => jwt.verify(token, secret)).not.toThrow()
    clockWithin(5, nowSeconds + 0.1)
    expect(() => jwt.verify(token, secret)).toThrow('jwt expired')
  })

  it('goes by the clock that it was given, whatever the wall clock says', () => {
    vi.setSystemTime((nowSeconds + 180) * 1000)
    const token = base.sign({ iat: nowSeconds, exp: nowSeconds + 120 }, secret)
    expect(() => base.verify(token, secret, { clockTolerance: 30 })).toThrow('jwt expired')
    expect(jwt.verify(token, secret)).toMatchObject({ exp: nowSeconds + 120 })
    vi.setSystemTime((nowSeconds - 150) * 1000)
    const dead = base.sign({ iat: nowSeconds - 600, exp: nowSeconds - 60 }, secret)
    expect(base.verify(dead, secret)).toBeTypeOf('object')
    expect(() => jwt.verify(dead, secret)).toThrow('jwt expired')
  })

  it.each<[object, base.VerifyOptions, object]>([
    [{ exp: nowSeconds - 100 }, {}, { name: 'TokenExpiredError', byMs: 69_000, culprit: 'none' }],
    [{ iat: nowSeconds + 150 }, {}, { name: 'NotBeforeError', byMs: 119_000, culprit: 'issuer' }],
    [
      { iat: nowSeconds - 99, nbf: nowSeconds + 100 },
      {},
      { name: 'NotBeforeError', byMs: 69_000, culprit: 'none' },
    ],
    [{ iat: nowSeconds - 100 }, { maxAge: 10 }, { name: 'TokenExpiredError', byMs: 59_000, culprit: 'none' }],
  ])('says for %j with %j by how much, and whose clock', (payload, options, expected) => {
    clockWithin(1000)
    try {
      jwt.verify(base.sign(payload, secret), secret, options)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(base.JsonWebTokenError)
      expect(error).toMatchObject({ ...expected, clock: { status: 'synchronized' } })
    }
  })

  it('dates what it refuses as jsonwebtoken does', () => {
    expect(() => jwt.verify(expired, secret)).toThrow(
      expect.objectContaining({ expiredAt: new Date((nowSeconds - 900) * 1000) }),
    )
    expect(() => jwt.verify(future, secret)).toThrow(
      expect.objectContaining({ date: new Date((nowSeconds + 900) * 1000) }),
    )
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 61, 3600])('refuses a tolerance of %d s', tolerance => {
    const verify = () => jwt.verify(good, secret, { clockTolerance: tolerance })
    expect(verify).toThrow(base.JsonWebTokenError)
    expect(verify).toThrow(/clockTolerance/)
    const callback = vi.fn()
    jwt.verify(good, secret, { clockTolerance: tolerance }, callback)
    expect(callback).toHaveBeenCalledExactlyOnceWith(expect.any(base.JsonWebTokenError))
  })

  it('throws nothing but errors of jsonwebtoken, whatever it is given', () => {
    const part = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.json().map(text => Buffer.from(text).toString('base64url')),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), parts => {
        const token = parts.join('.')
        const expected = outcomeOf(() => base.verify(token, secret))
        expect(outcomeOf(() => jwt.verify(token, secret))).toEqual(expected)
      }),
    )
  })
})

describe('sign', () => {
  it('counts from the clock that it was given, and states its bound', () => {
    vi.setSystemTime((nowSeconds - 150) * 1000)
    clockWithin(12)
    const token = jwt.sign({ sub: 'alice' }, secret, { expiresIn: '15m', notBefore: 5 })
    expect(base.decode(token)).toEqual({
      sub: 'alice',
      iat: nowSeconds,
      iat_err: 0.012,
      exp: nowSeconds + 900,
      nbf: nowSeconds + 5,
    })
    clockWithin(Number.POSITIVE_INFINITY)
    expect(base.decode(jwt.sign({}, secret))).toEqual({ iat: nowSeconds })
  })

  it.each<[string, string | Buffer | object, base.SignOptions]>([
    ['an iat of the caller', { iat: nowSeconds - 30 }, { expiresIn: 60 }],
    ['noTimestamp', { a: 1 }, { noTimestamp: true, expiresIn: 60 }],
    ['a text', 'hello', {}],
    ['a buffer', Buffer.from('{"a":1}'), {}],
    ['all that it can set', { a: 1 }, { audience: 'x', issuer: 'i', subject: 's', jwtid: 'j', keyid: 'k' }],
    ['an instance of a class', new URL('https://alice:secret@host.test'), {}],
    ['a map', new Map([['a', 1]]), {}],
    ['a list', [1, 2], {}],
    ['an object without a prototype', Object.assign(Object.create(null), { iat: nowSeconds }), {}],
    ['a header', {}, { header: { alg: 'HS512' } }],
    ['an iat that is a text', { iat: 'now' }, {}],
    ['an exp besides expiresIn', { exp: nowSeconds }, { expiresIn: 5 }],
    ['an expiresIn that is nothing', {}, { expiresIn: 'soon' as never }],
    ['an option that is not known', {}, { nonsense: 1 } as never],
  ])('does with %s what jsonwebtoken does', async (_name, payload, options) => {
    clockWithin(Number.POSITIVE_INFINITY)
    const expected = outcomeOf(() => base.sign(payload, secret, options))
    expect(outcomeOf(() => jwt.sign(payload, secret, options))).toEqual(expected)
    const answered = await new Promise<Outcome>(resolve => {
      try {
        jwt.sign(payload, secret, options, (error, token) => {
          resolve(error === null ? { result: token } : describeError(error))
        })
      } catch (error) {
        resolve(describeError(error))
      }
    })
    expect(answered).toEqual(expected)
  })

  it('changes the payload only when it is told to', () => {
    const payload = { sub: 'alice' }
    jwt.sign(payload, secret)
    expect(payload).toEqual({ sub: 'alice' })
    jwt.sign(payload, secret, { mutatePayload: true, expiresIn: 60 })
    expect(payload).toEqual({ sub: 'alice', iat: nowSeconds, iat_err: 0, exp: nowSeconds + 60 })
  })

  it('signs what it verifies', () => {
    // jsonwebtoken trips over names that every object has.
    const isPlain = (name: string) => !(name in {}) && !/^(iat|exp|nbf|iat_err|aud|iss|sub|jti)$/.test(name)
    const payloads = fc.dictionary(fc.string().filter(isPlain), fc.jsonValue())
    fc.assert(
      fc.property(payloads, payload => {
        const verified = jwt.verify(jwt.sign(payload, secret, { noTimestamp: true }), secret)
        expect(verified).toEqual(JSON.parse(JSON.stringify(payload)))
      }),
    )
  })
})
