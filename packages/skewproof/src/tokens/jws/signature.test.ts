import { constants, createHmac, sign } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { TokenError } from '../errors.ts'
import { type Algorithm, algorithms, generateKey, type SigningKey } from '../keys/index.ts'
import { decodeToken, parseJws } from './parse.ts'
import { signJws, signToken, verifySignature } from './signature.ts'

const keys = new Map<Algorithm, SigningKey>()

beforeAll(() => {
  for (const alg of algorithms) keys.set(alg, generateKey(alg))
})

function keyFor(alg: Algorithm): SigningKey {
  const key = keys.get(alg)
  if (key === undefined) throw new Error(`no key for ${alg}`)
  return key
}

/** Whether a token is good; every refusal must be one of the two that a verifier knows. */
function isAccepted(token: string, key: SigningKey): boolean {
  try {
    return verifySignature(parseJws(token), key)
  } catch (error) {
    expect(error).toBeInstanceOf(TokenError)
    expect(['ERR_TOKEN_MALFORMED', 'ERR_TOKEN_ALGORITHM']).toContain((error as TokenError).code)
    return false
  }
}

/** A token with a header of one's choice, signed with the key as the header would have it. */
function forge(header: object, signature: (signingInput: Buffer) => Buffer): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signingInput = `${encode(header)}.${encode({ sub: 'mallory' })}`
  return `${signingInput}.${signature(Buffer.from(signingInput)).toString('base64url')}`
}

describe.each(algorithms)('%s', alg => {
  it('verifies what it signed', () => {
    const key = keyFor(alg)
    const token = signToken(key, { typ: 'at+jwt' }, { sub: 'alice' })
    expect(decodeToken(token)).toMatchObject({
      header: { alg, kid: key.kid, typ: 'at+jwt' },
      claims: { sub: 'alice' },
    })
    expect(isAccepted(token, key)).toBe(true)
  })

  it('gives back the claims that were put in', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), claims => {
        const token = signToken(keyFor(alg), {}, claims)
        expect(decodeToken(token, token.length).claims).toEqual(JSON.parse(JSON.stringify(claims)))
        expect(verifySignature(parseJws(token, token.length), keyFor(alg))).toBe(true)
      }),
      { numRuns: 20 },
    )
  })

  it('signs any bytes', () => {
    const payload = new Uint8Array([0xff, 0x00, 0x80])
    const token = signJws(keyFor(alg), payload, 'JOSE')
    expect(parseJws(token)).toMatchObject({ payload: Buffer.from(payload), header: { typ: 'JOSE' } })
    expect(isAccepted(token, keyFor(alg))).toBe(true)
  })

  it('refuses every altered character', () => {
    const key = keyFor(alg)
    const token = signToken(key, {}, { sub: 'alice', exp: 1_900_000_000 })
    const character = fc.constantFrom(
      ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=.+ \u0141',
    )
    fc.assert(
      fc.property(fc.nat(token.length - 1), character, (at, replacement) => {
        fc.pre(token[at] !== replacement)
        expect(isAccepted(token.slice(0, at) + replacement + token.slice(at + 1), key)).toBe(false)
      }),
      { numRuns: 200 },
    )
  })

  it('refuses cut, extended and recombined tokens', () => {
    const key = keyFor(alg)
    const [header = '', payload = '', signature = ''] = signToken(key, {}, { sub: 'alice' }).split('.')
    const [, otherPayload = '', otherSignature = ''] = signToken(key, {}, { sub: 'bob' }).split('.')
    const bytes = Buffer.from(signature, 'base64url')
    const signatures = [
      otherSignature,
      bytes.subarray(1).toString('base64url'),
      bytes.subarray(0, -1).toString('base64url'),
      Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64url'),
      Buffer.concat([Buffer.alloc(1), bytes]).toString('base64url'),
      Buffer.alloc(bytes.length).toString('base64url'),
      Buffer.alloc(bytes.length, 0xff).toString('base64url'),
      'AA',
    ]
    for (const wrong of signatures) expect(isAccepted(`${header}.${payload}.${wrong}`, key)).toBe(false)
    expect(isAccepted(`${header}.${otherPayload}.${signature}`, key)).toBe(false)
  })

  it('refuses a signature without the zero byte that it begins with', () => {
    const key = keyFor(alg)
    for (let number = 0; ; number += 1) {
      const [header = '', payload = '', signature = ''] = signToken(key, {}, { number }).split('.')
      const bytes = Buffer.from(signature, 'base64url')
      if (bytes[0] !== 0) continue
      const cut = bytes.subarray(1).toString('base64url')
      expect(isAccepted(`${header}.${payload}.${cut}`, key)).toBe(false)
      return
    }
  })

  it('refuses the signature of another key', () => {
    const key = keyFor(alg)
    const other = { ...generateKey(alg), kid: key.kid }
    expect(isAccepted(signToken(other, {}, { sub: 'alice' }), key)).toBe(false)
  })

  it('does not let a caller choose "alg" or "kid"', () => {
    const token = signToken(keyFor(alg), { alg: 'none', kid: 'mine', cty: 'x' }, {})
    expect(parseJws(token).header).toEqual({ alg, kid: keyFor(alg).kid, cty: 'x' })
  })

  it.each([
    'none',
    'None',
    'NONE',
    'HS256',
    'HS384',
    'RS256',
    'RS512',
    'ES256',
    'es256',
    'ES256K',
    'PS256',
    'EdDSA',
    'x',
  ])('refuses the algorithm %s unless it is the key’s', named => {
    const key = keyFor(alg)
    const [, payload, signature] = signToken(key, {}, { sub: 'alice' }).split('.')
    const header = Buffer.from(JSON.stringify({ alg: named, kid: key.kid })).toString('base64url')
    const verify = () => verifySignature(parseJws(`${header}.${payload}.${signature}`), key)
    if (named === alg) expect(verify()).toBe(true)
    else expect(verify).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_ALGORITHM', httpStatus: 401 }))
  })
})

describe('algorithm confusion', () => {
  it('does not take a public key for a secret', () => {
    const key = keyFor('RS256')
    for (const secret of [
      key.verifyWith.export({ format: 'pem', type: 'spki' }),
      key.verifyWith.export({ format: 'der', type: 'spki' }),
      JSON.stringify(key.verifyWith.export({ format: 'jwk' })),
    ]) {
      const token = forge({ alg: 'HS256', kid: key.kid }, data =>
        createHmac('sha256', secret).update(data).digest(),
      )
      expect(isAccepted(token, key)).toBe(false)
    }
  })

  it('keeps the two RSA paddings apart', () => {
    const { signWith } = keyFor('RS256')
    const pss = { key: signWith, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    expect(
      isAccepted(
        forge({ alg: 'RS256' }, data => sign('sha256', data, pss)),
        keyFor('RS256'),
      ),
    ).toBe(false)
  })

  it.each([0, 20, 31, 33, 64])('refuses a PS256 signature with a salt of %d bytes', saltLength => {
    const { signWith } = keyFor('PS256')
    const options = { key: signWith, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
    expect(
      isAccepted(
        forge({ alg: 'PS256' }, data => sign('sha256', data, options)),
        keyFor('PS256'),
      ),
    ).toBe(false)
  })

  it('refuses a DER-encoded ECDSA signature', () => {
    const { signWith } = keyFor('ES256')
    expect(
      isAccepted(
        forge({ alg: 'ES256' }, data => sign('sha256', data, signWith)),
        keyFor('ES256'),
      ),
    ).toBe(false)
  })

  it('refuses ECDSA signatures of special values', () => {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    const values = [0n, 1n, order - 1n, order, order + 1n, 2n ** 255n, 2n ** 256n - 1n]
    const bytes = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
    for (const r of values) {
      for (const s of values) {
        const token = forge({ alg: 'ES256' }, () => Buffer.concat([bytes(r), bytes(s)]))
        expect(isAccepted(token, keyFor('ES256'))).toBe(false)
      }
    }
  })

  it('refuses an Ed25519 signature whose scalar is not reduced', () => {
    const { signWith } = keyFor('EdDSA')
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    const token = forge({ alg: 'EdDSA' }, data => {
      const signature = sign(null, data, signWith)
      const scalar = BigInt(`0x${signature.subarray(32).reverse().toString('hex')}`) + order
      const unreduced = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').reverse()
      return Buffer.concat([signature.subarray(0, 32), unreduced])
    })
    expect(isAccepted(token, keyFor('EdDSA'))).toBe(false)
  })

  it('refuses other hashes under a supported name', () => {
    const { signWith } = keyFor('RS256')
    for (const hash of ['sha1', 'sha384', 'sha512']) {
      expect(
        isAccepted(
          forge({ alg: 'RS256' }, data => sign(hash, data, signWith)),
          keyFor('RS256'),
        ),
      ).toBe(false)
    }
  })

  it('takes no key from the header', () => {
    const mallory = generateKey('ES256')
    const jwk = mallory.verifyWith.export({ format: 'jwk' })
    const options = { key: mallory.signWith, dsaEncoding: 'ieee-p1363' } as const
    const token = forge({ alg: 'ES256', jwk }, data => sign('sha256', data, options))
    expect(isAccepted(token, mallory)).toBe(true)
    expect(isAccepted(token, keyFor('ES256'))).toBe(false)
  })
})

it('accepts the fully specified name of Ed25519 (RFC 9864)', () => {
  const key = keyFor('EdDSA')
  expect(
    isAccepted(
      forge({ alg: 'Ed25519' }, data => sign(null, data, key.signWith)),
      key,
    ),
  ).toBe(true)
})

it('verifies a token that is longer than most', () => {
  const key = keyFor('ES256')
  const token = signToken(key, {}, { data: 'x'.repeat(20_000) })
  expect(verifySignature(parseJws(token, 65_536), key)).toBe(true)
})
