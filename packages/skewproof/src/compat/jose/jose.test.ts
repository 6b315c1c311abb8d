import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import * as jose from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ManualClock } from '../../clock/index.ts'
import { OptionError } from '../../time/index.ts'
import { parsePeriodSeconds } from './duration.ts'
import { jwtVerify, SignJWT, timeOptions, useClock } from './index.ts'

const nowSeconds = 1_800_000_000
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519').publicKey

function clockWithin(errorMs: number, atSeconds = nowSeconds) {
  const status = Number.isFinite(errorMs) ? 'synchronized' : 'unsynchronized'
  useClock(new ManualClock({ timeMs: atSeconds * 1000, errorMs, status }))
}

beforeEach(() => {
  vi.useFakeTimers({ now: nowSeconds * 1000, toFake: ['Date'] })
  clockWithin(0)
})
afterEach(() => {
  vi.useRealTimers()
})

function token(claims: jose.JWTPayload): Promise<string> {
  return new jose.SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' }).sign(privateKey)
}

/** What a call gives: the claims, or what the error says. */
async function outcomeOf(call: Promise<jose.JWTVerifyResult>): Promise<unknown> {
  try {
    const { payload, protectedHeader } = await call
    return { payload, protectedHeader }
  } catch (error) {
    const { code, name, message, claim, reason } = error as jose.errors.JWTExpired
    return { code, name, message, claim, reason }
  }
}

const claims = { iss: 'https://auth.test', aud: 'api', sub: 'alice', iat: nowSeconds - 100 }
const cases: readonly [string, jose.JWTPayload, jose.JWTVerifyOptions][] = [
  ['nothing asked', { ...claims, exp: nowSeconds + 900 }, {}],
  [
    'all that fits',
    claims,
    { issuer: 'https://auth.test', audience: ['web', 'api'], subject: 'alice', typ: 'at+jwt' },
  ],
  ['another issuer', claims, { issuer: 'x' }],
  ['another audience', claims, { audience: 'web' }],
  ['another subject', claims, { subject: 'bob' }],
  ['another type', claims, { typ: 'JWT' }],
  ['a claim that is missing', claims, { requiredClaims: ['jti'] }],
  ['other algorithms', claims, { algorithms: ['ES256'] }],
  ['an expired token', { ...claims, exp: nowSeconds - 900 }, {}],
  ['an expired token for another audience', { ...claims, exp: nowSeconds - 900 }, { audience: 'web' }],
  ['a token for later', { ...claims, nbf: nowSeconds + 900 }, {}],
  ['maxTokenAge', claims, { maxTokenAge: '5 minutes' }],
  ['maxTokenAge exceeded', claims, { maxTokenAge: 10 }],
  ['maxTokenAge of a token from the future', { iat: nowSeconds + 900 }, { maxTokenAge: '1h' }],
  ['maxTokenAge without iat', { sub: 'a' }, { maxTokenAge: '1h' }],
  ['maxTokenAge that is nothing', claims, { maxTokenAge: 'soon' }],
  ['maxTokenAge of 0', claims, { maxTokenAge: 0 }],
  ['maxTokenAge of 0 of a token of now', { iat: nowSeconds }, { maxTokenAge: 0 }],
  ['maxTokenAge that is the age', claims, { maxTokenAge: 100, clockTolerance: 0 }],
  ['maxTokenAge that is a second less', claims, { maxTokenAge: 99, clockTolerance: 0 }],
  ...[-1, Number.NaN, Infinity, '-1s', ''].map((maxTokenAge): (typeof cases)[number] => [
    `maxTokenAge of ${maxTokenAge}`,
    claims,
    { maxTokenAge },
  ]),
  ['a token both for later and expired', { nbf: nowSeconds + 900, exp: nowSeconds - 900 }, {}],
  ['a tolerance as a text', claims, { clockTolerance: '5 seconds' }],
  ['a tolerance that is nothing', claims, { clockTolerance: 'soon' }],
  [
    'a currentDate',
    { ...claims, exp: nowSeconds - 900 },
    { currentDate: new Date((nowSeconds - 1000) * 1000) },
  ],
  ['a currentDate after exp', { ...claims, exp: nowSeconds }, { currentDate: new Date(nowSeconds * 1000) }],
]

describe('jwtVerify', () => {
  it.each(cases)('does with %s what jose does', async (_name, payload, options) => {
    const jwt = await token(payload)
    const expected = await outcomeOf(jose.jwtVerify(jwt, publicKey, options))
    expect(await outcomeOf(jwtVerify(jwt, publicKey, options))).toEqual(expected)
    expect(await outcomeOf(jwtVerify(new TextEncoder().encode(jwt), publicKey, options))).toEqual(expected)
  })

  it('does with a bad signature, and with what is no token, what jose does', async () => {
    for (const [jwt, key] of [
      [await token(claims), other],
      ['a.b.c', publicKey],
      ['', publicKey],
    ] as const) {
      const expected = await outcomeOf(jose.jwtVerify(jwt, key))
      expect(expected).toHaveProperty('code')
      expect(await outcomeOf(jwtVerify(jwt, key))).toEqual(expected)
    }
  })

  it('finds the key by a function', async () => {
    const jwks = jose.createLocalJWKSet({ keys: [await jose.exportJWK(publicKey)] })
    const { payload, key } = await jwtVerify(await token(claims), jwks)
    expect(payload).toEqual(claims)
    expect(key).toBeDefined()
  })

  it.each([
    [5000, undefined, -34, true],
    [5000, undefined, -35, false],
    [5000, 0, -4, true],
    [5000, 0, -5, false],
    [Number.POSITIVE_INFINITY, undefined, -29, true],
    [Number.POSITIVE_INFINITY, undefined, -30, false],
    [0, 0, 0, false],
  ])('with a bound of %d ms and a tolerance of %s s takes an exp %d s from now: %s', async (...row) => {
    const [errorMs, clockTolerance, exp, isTaken] = row
    clockWithin(errorMs)
    const jwt = await token({ iat: nowSeconds - 600, exp: nowSeconds + exp })
    const options = clockTolerance === undefined ? {} : { clockTolerance }
    const taken = jwtVerify(jwt, publicKey, options).then(
      () => true,
      () => false,
    )
    expect(await taken).toBe(isTaken)
  })

  it('gives the evidence, with the claims and with the refusal', async () => {
    clockWithin(20)
    const near = await token({ iat: nowSeconds - 10, iat_err: 0.01, exp: nowSeconds })
    const { time, clock } = await jwtVerify(near, publicKey)
    expect(time).toMatchObject({ verdict: 'ambiguous', claim: 'exp', culprit: 'none' })
    expect(clock).toEqual({ timeMs: nowSeconds * 1000, errorMs: 20, status: 'synchronized' })

    const early = jwtVerify(await token({ iat: nowSeconds + 150 }), publicKey, { maxTokenAge: '1h' })
    await expect(early).rejects.toThrow(jose.errors.JWTClaimValidationFailed)
    await expect(early).rejects.toMatchObject({ claim: 'iat', culprit: 'issuer', byMs: 119_980, clock })
  })

  it('goes by the clock that it was given, whatever the wall clock says', async () => {
    const jwt = await token({ iat: nowSeconds, exp: nowSeconds + 120 })
    vi.setSystemTime((nowSeconds + 180) * 1000)
    await expect(jose.jwtVerify(jwt, publicKey, { clockTolerance: 30 })).rejects.toThrow(
      jose.errors.JWTExpired,
    )
    await expect(jwtVerify(jwt, publicKey)).resolves.toHaveProperty('payload.exp')
    await expect(jose.jwtVerify(jwt, publicKey, timeOptions())).resolves.toHaveProperty('payload.exp')
  })

  it.each([Number.NaN, -1, 61, '2 minutes'])('refuses a tolerance of %s', async clockTolerance => {
    await expect(jwtVerify(await token(claims), publicKey, { clockTolerance })).rejects.toThrow(OptionError)
  })
})

describe('timeOptions', () => {
  it('never lets jose refuse what the bounded decision accepts', async () => {
    const bound = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 20_000 }))
    await fc.assert(
      fc.asyncProperty(
        bound,
        fc.nat(999),
        fc.integer({ min: -60, max: 60 }),
        async (errorMs, ms, seconds) => {
          clockWithin(errorMs, nowSeconds + ms / 1000)
          for (const payload of [{ exp: nowSeconds + seconds }, { nbf: nowSeconds + seconds }]) {
            const jwt = await token(payload)
            const isTaken = await jwtVerify(jwt, publicKey).catch(() => undefined)
            if (isTaken !== undefined) await jose.jwtVerify(jwt, publicKey, timeOptions())
          }
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('SignJWT', () => {
  it('counts from the clock that it was given', async () => {
    vi.setSystemTime((nowSeconds - 150) * 1000)
    const jwt = await new SignJWT({ sub: 'alice' })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuedAt()
      .setNotBefore('-30s')
      .setExpirationTime('2 hours')
      .sign(privateKey)
    expect(jose.decodeJwt(jwt)).toEqual({
      sub: 'alice',
      iat: nowSeconds,
      nbf: nowSeconds - 30,
      exp: nowSeconds + 7200,
    })
  })

  it('takes instants as they are', async () => {
    const at = new Date(nowSeconds * 1000)
    const jwt = new SignJWT({}).setIssuedAt(at).setNotBefore(5).setExpirationTime(at)
    const signed = await jwt.setProtectedHeader({ alg: 'EdDSA' }).sign(privateKey)
    expect(jose.decodeJwt(signed)).toEqual({ iat: nowSeconds, nbf: 5, exp: nowSeconds })
  })
})

describe('parsePeriodSeconds', () => {
  it('reads every text as jose does, or refuses it as jose does', () => {
    const unit = fc.constantFrom(
      ...'second seconds sec secs s minute min mins m hour hr hrs h day days d week w year yrs y Hours x'.split(
        ' ',
      ),
    )
    const count = fc.oneof(
      fc.nat(1000).map(String),
      fc.double({ min: 0, max: 99, noNaN: true }).map(value => value.toFixed(2)),
    )
    const sign = fc.constantFrom('', '+', '-', '+ ', '- ', ' ')
    const end = fc.constantFrom('', ' ago', ' from now', 'ago', ' ')
    const text = fc.oneof(
      fc.tuple(sign, count, fc.constantFrom('', ' '), unit, end).map(parts => parts.join('')),
      fc.string(),
    )
    const byJose = (input: string): number | undefined => {
      try {
        return (jose.decodeJwt(new jose.UnsecuredJWT({}).setNotBefore(input).encode()).nbf ?? 0) - nowSeconds
      } catch {
        return undefined
      }
    }
    const byUs = (input: string): number | undefined => {
      try {
        // Not -0.
        return parsePeriodSeconds(input) + 0
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
        return undefined
      }
    }
    fc.assert(
      fc.property(text, input => {
        expect(byUs(input)).toBe(byJose(input))
      }),
      { numRuns: 1000 },
    )
  })
})
