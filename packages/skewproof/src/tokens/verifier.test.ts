import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../clock/clock.ts'
import { ManualClock } from '../clock/manual.ts'
import { createVerifier, type VerifierOptions } from './create-verifier.ts'
import { TokenError } from './errors.ts'
import { createIssuer } from './issuer.ts'
import { signJws } from './jws/index.ts'
import { generateKey, staticKeys } from './keys/index.ts'
import type { Verifier } from './verifier.ts'

const key = generateKey('EdDSA')
const nowSeconds = 1_800_000_000

function clockAt(seconds: number): ManualClock {
  return new ManualClock({ timeMs: seconds * 1000, errorMs: 0 })
}

function verifier(options: Partial<VerifierOptions> = {}): Verifier {
  const clock = clockAt(nowSeconds)
  return createVerifier({ issuer: 'https://idp.test', audience: 'api', keys: [key], clock, ...options })
}

function sign(claims: Record<string, unknown>, typ: string | undefined = 'JWT'): string {
  const all = {
    iss: 'https://idp.test',
    aud: 'api',
    sub: 'alice',
    iat: nowSeconds,
    exp: nowSeconds + 60,
    ...claims,
  }
  return signJws(key, Buffer.from(JSON.stringify(all)), typ)
}

describe('claims', () => {
  it.each([
    ['iss', { iss: 'https://other.test' }],
    ['iss', { iss: undefined }],
    ['iss', { iss: 5 }],
    ['aud', { aud: 'other' }],
    ['aud', { aud: undefined }],
    ['aud', { aud: ['x', 5] }],
    ['exp', { exp: undefined }],
    ['exp', { exp: '1800000060' }],
    ['exp', { exp: 1e300 }],
    ['exp', { exp: nowSeconds }],
    ['exp', { nbf: nowSeconds + 60 }],
    ['iat', { iat: null }],
    ['iat_err', { iat_err: -1 }],
    ['jti', { jti: {} }],
  ])('are refused for %s: %j', async (claim, claims) => {
    await expect(verifier().verify(sign(claims))).rejects.toMatchObject({
      code: 'ERR_TOKEN_CLAIM',
      claim,
      httpStatus: 401,
    })
  })

  it.each([
    [{ aud: ['x', 'api'] }],
    [{ nbf: nowSeconds - 0.5, exp: nowSeconds + 0.5 }],
    [{ extra: { deep: [1, null] } }],
    [{ iat: undefined }],
  ])('are accepted: %j', async claims => {
    expect((await verifier().verify(sign(claims))).claims).toMatchObject(JSON.parse(JSON.stringify(claims)))
  })

  const expected = { azp: ['web', 'app'], level: 2, verified: true, roles: 'reader' } as const
  const good = { azp: 'app', level: 2, verified: true, roles: ['writer', 'reader'] }

  it.each([
    ['azp', { azp: 'other' }],
    ['azp', { azp: undefined }],
    ['azp', { azp: null }],
    ['azp', { azp: ['other'] }],
    ['level', { level: '2' }],
    ['verified', { verified: false }],
    ['roles', { roles: 'read' }],
    ['roles', { roles: [] }],
    ['roles', { roles: { reader: true } }],
  ])('are refused when they are to be others: %s, %j', async (claim, changes) => {
    const checked = verifier({ claims: expected })
    await expect(checked.verify(sign({ ...good, ...changes }))).rejects.toMatchObject({
      code: 'ERR_TOKEN_CLAIM',
      claim,
    })
  })

  it('are accepted when they are as expected, but not by what all objects have', async () => {
    await verifier({ claims: expected }).verify(sign(good))
    await expect(verifier({ claims: { constructor: 'x' } }).verify(sign({}))).rejects.toMatchObject({
      claim: 'constructor',
    })
  })

  it('say when an issuer differs in the slash at its end alone', async () => {
    for (const [issuer, iss] of [
      ['https://idp.test', 'https://idp.test/'],
      ['https://idp.test/', 'https://idp.test'],
    ] as const) {
      await expect(verifier({ issuer }).verify(sign({ iss }))).rejects.toThrow(/slash/)
    }
    await expect(verifier().verify(sign({ iss: 'https://other.test' }))).rejects.not.toThrow(/slash/)
  })

  it('take the last of two members with one name, as RFC 7519 permits', async () => {
    const text = `{"iss":"https://idp.test","aud":"api","exp":1,"exp":${nowSeconds + 60}}`
    expect((await verifier().verify(signJws(key, Buffer.from(text)))).claims.exp).toBe(nowSeconds + 60)
  })

  it('cannot be changed by whoever gets them: the next request gets the same', async () => {
    const cached = verifier()
    const token = sign({ roles: ['reader'], org: { admin: false } })
    const { claims } = await cached.verify(token)
    expect(() => Object.assign(claims, { sub: 'mallory' })).toThrowError(TypeError)
    expect(() => (claims['roles'] as string[]).push('admin')).toThrowError(TypeError)
    expect(() => Object.assign(claims['org'] as object, { admin: true })).toThrowError(TypeError)
    expect(cached.verifyCached(token)?.claims).toMatchObject({
      sub: 'alice',
      roles: ['reader'],
      org: { admin: false },
    })
  })

  it('are read after the signature was checked', async () => {
    const forged = signJws({ ...generateKey('EdDSA'), kid: key.kid }, Buffer.from('not even JSON'), 'JWT')
    await expect(verifier().verify(forged)).rejects.toMatchObject({ code: 'ERR_TOKEN_SIGNATURE' })
  })
})

describe('a key that is not known yet', () => {
  it('is waited for, and what others verify meanwhile changes nothing', async () => {
    const late = generateKey('EdDSA')
    const known = [key]
    let learn = () => {}
    const learned = new Promise<void>(resolve => {
      learn = resolve
    })
    const keys = {
      find: (kid: string | undefined, alg: string) => staticKeys(known).find(kid, alg),
      async refresh(kid: string | undefined, alg: string) {
        await learned
        known.push(late)
        return staticKeys(known).find(kid, alg)
      },
    }
    const one = verifier({ keys })
    const claims = { iss: 'https://idp.test', aud: 'api', exp: nowSeconds + 60, sub: 'bob' }
    const waiting = one.verify(signJws(late, Buffer.from(JSON.stringify(claims))))
    expect((await one.verify(sign({}))).claims.sub).toBe('alice')
    learn()
    expect((await waiting).claims.sub).toBe('bob')
  })
})

describe('types', () => {
  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'JWT', 'jwt'])('%s is accepted', async typ => {
    await verifier().verify(sign({}, typ))
  })

  it.each(['dpop+jwt', 'logout+jwt', 'secevent+jwt', 'JOSE'])('%s is refused', async typ => {
    await expect(verifier().verify(sign({}, typ))).rejects.toMatchObject({ code: 'ERR_TOKEN_MALFORMED' })
  })

  it('are what the options say', async () => {
    const strict = verifier({ types: ['at+jwt'] })
    await strict.verify(sign({}, 'at+jwt'))
    const untyped = signJws(
      key,
      Buffer.from(JSON.stringify({ iss: 'https://idp.test', aud: 'api', exp: nowSeconds + 9 })),
    )
    await expect(strict.verify(untyped)).rejects.toMatchObject({ code: 'ERR_TOKEN_MALFORMED' })
    await verifier().verify(untyped)
  })
})

describe('time', () => {
  it('is read once per decision, and the reading is in the result and in the error', async () => {
    let reads = 0
    const inner = clockAt(nowSeconds)
    const counting: Clock = {
      now() {
        reads += 1
        return inner.now()
      },
    }
    const counted = verifier({ clock: counting, clockTolerance: 0 })
    const token = sign({})
    const verified = await counted.verify(token)
    expect([reads, verified.clock]).toEqual([1, inner.now()])
    counted.verifyCached(token)
    expect(reads).toBe(2)
    inner.advance(60_000)
    expect(() => counted.verifyCached(token)).toThrowError(TokenError)
    expect(reads).toBe(3)
    await expect(counted.verify(token)).rejects.toMatchObject({ clock: inner.now(), claim: 'exp', byMs: 0 })
  })

  it('is judged again on every hit, also for a token without iat', async () => {
    const clock = clockAt(nowSeconds)
    const cached = verifier({ clock, clockTolerance: 0 })
    const token = sign({ iat: undefined })
    await cached.verify(token)
    clock.advance(59_999)
    expect(cached.verifyCached(token)?.verdict).toBe('valid')
    clock.advance(1)
    expect(() => cached.verifyCached(token)).toThrowError(
      expect.objectContaining({ code: 'ERR_TOKEN_EXPIRED' }),
    )
  })

  it('in the future is refused, and the issuer named by a verifier that knows better', async () => {
    await expect(
      verifier().verify(sign({ iat: nowSeconds + 150, exp: nowSeconds + 500 })),
    ).rejects.toMatchObject({
      code: 'ERR_TOKEN_NOT_YET_VALID',
      claim: 'iat',
      byMs: 120_000,
      culprit: 'issuer',
    })
  })

  it('of a token that is ambiguous is refused when the options say so', async () => {
    const token = sign({ iat: nowSeconds - 1000, exp: nowSeconds + 10 })
    expect((await verifier().verify(token)).verdict).toBe('ambiguous')
    await expect(verifier({ ambiguous: 'reject' }).verify(token)).rejects.toMatchObject({
      code: 'ERR_TOKEN_EXPIRED',
    })
    const fresh = verifier({ ambiguous: 'reject', clock: clockAt(nowSeconds - 5) })
    await expect(fresh.verify(sign({}))).rejects.toMatchObject({ code: 'ERR_TOKEN_NOT_YET_VALID' })
  })
})

describe('hostile input', () => {
  const valid = sign({})

  it('gets a TokenError and nothing else, whatever the string', async () => {
    const strict = verifier()
    const base64url = fc.stringMatching(/^[A-Za-z0-9_-]{0,40}$/)
    const json = fc.json().map(text => Buffer.from(text).toString('base64url'))
    const part = fc.oneof(base64url, json, fc.string())
    const mutated = fc
      .tuple(fc.nat(valid.length - 1), fc.string({ minLength: 1, maxLength: 1 }))
      .map(([at, char]) => valid.slice(0, at) + char + valid.slice(at + 1))
      .filter(text => text !== valid)
    const text = fc.oneof(
      fc.string(),
      fc.tuple(part, part, part).map(parts => parts.join('.')),
      mutated,
    )
    await fc.assert(
      fc.asyncProperty(text, async input => {
        const error: unknown = await strict.verify(input).then(
          () => undefined,
          (reason: unknown) => reason,
        )
        expect(error).toBeInstanceOf(TokenError)
        if (input.length > 20) expect(String(error)).not.toContain(input)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([undefined, null, 5, {}, [], Symbol('x')])('that is no string: %s', async input => {
    await expect(verifier().verify(input as unknown as string)).rejects.toMatchObject({
      code: 'ERR_TOKEN_MALFORMED',
    })
  })

  it.each([100, 101, 20_000])(
    'signed by the right key, with claims that are nested %i levels deep',
    async levels => {
      const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`
      const text = `{"iss":"https://idp.test","aud":"api","exp":${nowSeconds + 60},"deep":${deep}}`
      const verified = verifier({ maxTokenLength: 65_536 }).verify(signJws(key, Buffer.from(text)))
      if (levels <= 100) await verified
      else await expect(verified).rejects.toMatchObject({ code: 'ERR_TOKEN_MALFORMED', httpStatus: 401 })
    },
  )

  it('signed by the right key is bounded all the same', async () => {
    const large = sign({ text: 'x'.repeat(8192) })
    await expect(verifier().verify(large)).rejects.toMatchObject({ code: 'ERR_TOKEN_MALFORMED' })
    const polluted = `{"__proto__":{"aud":"api"},"iss":"https://idp.test","exp":${nowSeconds + 60}}`
    await expect(verifier().verify(signJws(key, Buffer.from(polluted)))).rejects.toMatchObject({
      claim: 'aud',
    })
  })

  it('cannot choose the algorithm', async () => {
    const [header = '', payload = ''] = valid.split('.')
    expect(header).not.toBe('')
    for (const alg of ['none', 'None', 'HS256', 'ES256', 'RS256', 'EDDSA']) {
      const forged = Buffer.from(JSON.stringify({ alg, kid: key.kid })).toString('base64url')
      await expect(verifier().verify(`${forged}.${payload}.AAAA`)).rejects.toMatchObject({
        code: 'ERR_TOKEN_ALGORITHM',
      })
      const nameless = Buffer.from(JSON.stringify({ alg })).toString('base64url')
      await expect(verifier().verify(`${nameless}.${payload}.AAAA`)).rejects.toMatchObject({
        code: 'ERR_TOKEN_KEY_UNKNOWN',
      })
    }
  })
})

describe('options', () => {
  it.each([
    [{ issuer: '' }, 'issuer'],
    [{ audience: [] }, 'audience'],
    [{ audience: undefined }, 'audience'],
    [{ keys: [] }, 'keys'],
    [{ keys: { keys: [{ kty: 'EC' }] } as never }, 'keys'],
    [{ keys: '-----BEGIN PUBLIC KEY-----' as never }, 'keys'],
    [{ keys: null as never }, 'keys'],
    [{ keys: undefined, issuer: undefined }, 'issuer'],
    [{ keys: undefined, issuer: 'idp' }, 'issuer'],
    [{ keys: undefined, issuer: 'http://idp.test' }, 'issuer'],
    [{ claims: { iss: 'https://idp.test' } }, 'claims'],
    [{ claims: { azp: [] } }, 'claims'],
    [{ claims: { azp: undefined } }, 'claims'],
    [{ claims: { azp: [['web']] } }, 'claims'],
    [{ jwksUri: 'https://idp.test/jwks' }, 'keys'],
    [{ keys: undefined, jwksUri: 'http://idp.test/jwks' }, 'jwksUri'],
    [{ keys: undefined, jwksUri: 'nonsense' }, 'jwksUri'],
    [{ clock: Promise.resolve() }, 'clock'],
    [{ store: {} }, 'store'],
    [{ clockTolerance: '2m' }, 'clockTolerance'],
    [{ cacheSize: -1 }, 'cacheSize'],
    [{ cacheSize: Number.NaN }, 'cacheSize'],
    [{ maxTokenLength: Infinity }, 'maxTokenLength'],
  ])('%j are refused when the verifier is made', (options, option) => {
    const make = () => verifier(options as unknown as Partial<VerifierOptions>)
    expect(make).toThrowError(expect.objectContaining({ code: 'ERR_OPTION', option }))
  })

  it('may leave the audience unchecked, if that is said', async () => {
    await verifier({ audience: null }).verify(sign({ aud: 'whoever' }))
  })
})

describe('an issuer without a service', () => {
  it('issues what a verifier accepts', async () => {
    const clock = clockAt(nowSeconds)
    const issuer = createIssuer({ issuer: 'https://idp.test', audience: 'api', key, clock })
    const { token, claims } = await issuer.issue({ subject: 'alice', expiresIn: '5m' })
    const checked = verifier({ keys: staticKeys([key]), types: ['at+jwt'] })
    expect((await checked.verify(token)).claims).toEqual(claims)
  })
})
