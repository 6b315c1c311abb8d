import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
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
const neverValid = base.sign({ ...claims, nbf: nowSeconds + 900, exp: nowSeconds - 900 }, secret)
const other = createSecretKey(Buffer.alloc(32, 8))

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' })
const shared = { privateKey: secret, publicKey: secret }

const algorithms: readonly [base.Algorithm, { privateKey: KeyObject; publicKey: KeyObject }][] = [
  ['HS256', shared],
  ['HS384', shared],
  ['HS512', shared],
  ['RS256', rsa],
  ['RS384', rsa],
  ['RS512', rsa],
  ['PS256', rsa],
  ['PS384', rsa],
  ['PS512', rsa],
  ['ES256', { privateKey, publicKey }],
  ['ES384', p384],
  ['ES512', p521],
]

type VerifyArguments = [token: string, key: base.Secret | base.PublicKey, options?: base.VerifyOptions]

/** Options as JavaScript may give them, whatever their types say. */
function fromJavaScript(options: object): base.VerifyOptions {
  return options
}

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
  ['a token both for later and expired', [neverValid, secret]],
  ['a token both for later and expired, for another audience', [neverValid, secret, { audience: 'web' }]],
  ['the same with ignoreNotBefore', [neverValid, secret, { ignoreNotBefore: true }]],
  ['the same with ignoreExpiration', [neverValid, secret, { ignoreExpiration: true }]],
  ['a token for later, and maxAge exceeded', [future, secret, { maxAge: '10s' }]],
  ['ignoreNotBefore', [future, secret, { ignoreNotBefore: true }]],
  ['an ignoreExpiration that is not Boolean', [expired, secret, fromJavaScript({ ignoreExpiration: 1 })]],
  ['an ignoreNotBefore that is not Boolean', [future, secret, fromJavaScript({ ignoreNotBefore: 'yes' })]],
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
  ['maxAge as a text without a unit', [good, secret, { maxAge: '10000' }]],
  ['no signature', [good.replace(/[^.]+$/, ''), secret]],
  ['a payload that is no JSON', [good.replace(/\.[^.]+\./, '.e30x.'), secret]],
  ['complete, of a text', [base.sign('hello', secret), secret, { complete: true }]],
  [
    'a key of another curve',
    [
      base.sign(claims, p384.privateKey, { algorithm: 'ES384' }),
      publicKey,
      { algorithms: ['ES384'], allowInvalidAsymmetricKeyTypes: true },
    ],
  ],
  [
    'a key of another curve, without asking for it',
    [base.sign(claims, p384.privateKey, { algorithm: 'ES384' }), publicKey, { algorithms: ['ES384'] }],
  ],
  ...algorithms.map(([algorithm, keys]): [string, VerifyArguments] => [
    algorithm,
    [base.sign(claims, keys.privateKey, { algorithm }), keys.publicKey, { algorithms: [algorithm] }],
  ]),
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

const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
const locked = {
  key: rsa.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame' }),
  passphrase: 'sesame',
}

const signCases: readonly [string, string | Buffer | object, base.SignOptions, base.Secret?][] = [
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
  ['an expiresIn without a unit', {}, { expiresIn: '120000' as never }],
  ['periods as texts', {}, { expiresIn: '2 days', notBefore: '10h' }],
  ['an iat of 0', { iat: 0 }, { expiresIn: 60, notBefore: 0 }],
  ['an audience in both places', { aud: 'x' }, { audience: 'x' }],
  ['a payload that it may change', { a: 1 }, { mutatePayload: true }],
  ['a secret as a text', { a: 1 }, {}, 'shhhhh'],
  ['no secret', { a: 1 }, {}, ''],
  ['an algorithm', { a: 1 }, { algorithm: 'RS256' }, rsa.privateKey],
  ['an algorithm that is none', { a: 1 }, { algorithm: 'RS1' as never }],
  ['a key with a passphrase', { a: 1 }, { algorithm: 'RS256' }, locked],
  ['a short key', { a: 1 }, { algorithm: 'RS256' }, weak],
  ['a short key that is allowed', { a: 1 }, { algorithm: 'RS256', allowInsecureKeySizes: true }, weak],
  ['a key for something else', { a: 1 }, { algorithm: 'RS256' }, privateKey],
  [
    'a key for something else that is allowed',
    { a: 1 },
    { algorithm: 'RS256', allowInvalidAsymmetricKeyTypes: true },
    p384.privateKey,
  ],
]

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

  it.each(signCases)('does with %s what jsonwebtoken does', async (_name, payload, options, key = secret) => {
    clockWithin(Number.POSITIVE_INFINITY)
    const expected = outcomeOf(() => base.sign(payload, key, options))
    expect(outcomeOf(() => jwt.sign(payload, key, options))).toEqual(expected)
    const answered = await new Promise<Outcome>(resolve => {
      try {
        jwt.sign(payload, key, options, (error, token) => {
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

describe("jsonwebtoken's README", () => {
  const readme = readFileSync(createRequire(import.meta.url).resolve('jsonwebtoken/README.md'), 'utf8')
  const [, signing = '', verifying = '', , failing = ''] = readme.split(/^#{2,3} (?=jwt\.|Errors)/m)
  const listed = (section: string) =>
    [...section.matchAll(/^\* `(\w+)`/gm)].map(([, name = '']) => name).filter(name => name !== 'options')
  const used = (options: readonly (object | undefined)[]) =>
    new Set(options.flatMap(given => Object.keys(given ?? {})))

  it('names no option that is not tried here', () => {
    const forSigning = used(signCases.map(([, , options]) => options))
    const forVerifying = used(verifyCases.map(([, [, , options]]) => options))
    expect(listed(signing)).toContain('mutatePayload')
    expect(listed(verifying)).toContain('nonce')
    expect(listed(signing).filter(name => !forSigning.has(name))).toEqual([])
    expect(listed(verifying).filter(name => !forVerifying.has(name))).toEqual([])
  })

  it('names no error that is not tried here', () => {
    const messages = [...failing.matchAll(/^ {2}\* '([^'[]+)/gm)].map(([, message = '']) => message)
    const names = [...failing.matchAll(/^\* name: '(\w+)'/gm)].map(([, name = '']) => name)
    expect([messages.length, names.length]).toEqual([8, 3])
    const seen = verifyCases
      .map(([, [token, key, options]]) => outcomeOf(() => jwt.verify(token, key, options)))
      .flatMap(outcome => ('error' in outcome ? [outcome.error, outcome.message] : []))
    const isSeen = (text: string) => seen.some(one => one.startsWith(text.replace(/^jwt id /, 'jwt jwtid ')))
    expect([...messages, ...names].filter(text => !isSeen(text))).toEqual([])
  })

  it('lists no algorithm that is not tried here, but none', () => {
    const rows = [...readme.matchAll(/^\| (\w{2}\d{3}|none) /gm)].map(([, name]) => name)
    expect(rows).toEqual([...algorithms.map(([name]) => name), 'none'])
  })
})
