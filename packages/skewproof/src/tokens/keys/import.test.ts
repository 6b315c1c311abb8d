import { createSecretKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseJws, signToken, verifySignature } from '../jws/index.ts'
import { exportJwk } from './export.ts'
import { generateKey } from './generate.ts'
import { type ImportOptions, importSigningKey, importVerificationKey, type KeyInput } from './import.ts'
import { type Algorithm, algorithms, KeyError, type SigningKey } from './key.ts'
import { thumbprint } from './thumbprint.ts'

const asymmetric = ['ES256', 'EdDSA', 'RS256', 'PS256'] as const
const keys = new Map<Algorithm, SigningKey>()

beforeAll(() => {
  for (const alg of algorithms) keys.set(alg, generateKey(alg))
})

function keyFor(alg: Algorithm): SigningKey {
  const key = keys.get(alg)
  if (key === undefined) throw new Error(`no key for ${alg}`)
  return key
}

function pem(keyObject: KeyObject): string {
  const type = keyObject.type === 'private' ? 'pkcs8' : 'spki'
  return keyObject.export({ format: 'pem', type }).toString()
}

function problemOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(KeyError)
    expect(error).toMatchObject({ name: 'KeyError', code: 'ERR_KEY' })
    return (error as KeyError).message
  }
  return 'accepted'
}

describe.each(asymmetric)('a key for %s', alg => {
  it.each<[string, (key: SigningKey) => KeyInput]>([
    ['a public KeyObject', key => key.verifyWith],
    ['a private KeyObject', key => key.signWith],
    ['PEM of the public key', key => pem(key.verifyWith)],
    ['PEM of the private key', key => pem(key.signWith)],
    ['a public JWK', key => exportJwk(key)],
    ['a private JWK', key => exportJwk(key, 'private')],
  ])('is imported for verification from %s, without its private part', (_name, form) => {
    const key = keyFor(alg)
    const imported = importVerificationKey(form(key), { alg })
    expect(imported).toEqual({ kid: key.kid, alg, verifyWith: expect.anything() })
    expect(imported.verifyWith.type).toBe('public')
    expect(verifySignature(parseJws(signToken(key, {}, {})), imported)).toBe(true)
  })

  it.each<[string, (key: SigningKey) => KeyInput]>([
    ['a private KeyObject', key => key.signWith],
    ['PEM', key => pem(key.signWith)],
    ['a private JWK', key => exportJwk(key, 'private')],
  ])('is imported for signing from %s', (_name, form) => {
    const imported = importSigningKey(form(keyFor(alg)), { alg })
    expect(imported.kid).toBe(keyFor(alg).kid)
    expect(verifySignature(parseJws(signToken(imported, {}, {})), keyFor(alg))).toBe(true)
  })

  it.each<[string, (key: SigningKey) => KeyInput, string]>([
    ['a public KeyObject', key => key.verifyWith, 'a private key is needed'],
    ['PEM of the public key', key => pem(key.verifyWith), 'a public one where a private one is needed'],
    ['a public JWK', key => exportJwk(key), 'the private part where it is needed'],
  ])('does not sign when it is %s', (_name, form, problem) => {
    expect(problemOf(() => importSigningKey(form(keyFor(alg)), { alg }))).toContain(problem)
  })

  it('is exported without its private part, unless asked', () => {
    const publicJwk = exportJwk(keyFor(alg))
    expect(publicJwk).toMatchObject({ kid: keyFor(alg).kid, alg, use: 'sig' })
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(publicJwk).not.toHaveProperty(member)
    expect(exportJwk(keyFor(alg), 'private')).toMatchObject({ ...publicJwk, d: expect.any(String) })
  })

  it('has its thumbprint as kid, unless it has one or is given one', () => {
    const { kid, ...jwk } = exportJwk(keyFor(alg)) as JsonWebKey & { kid: string }
    expect(kid).toBe(thumbprint(jwk))
    expect(importVerificationKey(jwk).kid).toBe(kid)
    expect(importVerificationKey({ ...jwk, kid: 'mine' } as JsonWebKey).kid).toBe('mine')
    expect(importVerificationKey({ ...jwk, kid: 'mine' } as JsonWebKey, { kid: 'given' }).kid).toBe('given')
  })
})

describe('an HS256 secret', () => {
  const secret = Buffer.alloc(32, 7)

  it.each<[string, KeyInput]>([
    ['bytes', secret],
    ['a Uint8Array', new Uint8Array(secret)],
    ['a KeyObject', createSecretKey(secret)],
    ['a JWK', { kty: 'oct', k: secret.toString('base64url') }],
  ])('is imported from %s', (_name, input) => {
    const token = signToken(importSigningKey(input), {}, {})
    expect(verifySignature(parseJws(token), importVerificationKey(input))).toBe(true)
    expect(importVerificationKey(input).alg).toBe('HS256')
  })

  it('has no public part', () => {
    expect(problemOf(() => exportJwk(keyFor('HS256')))).toContain('no public part')
    expect(exportJwk(keyFor('HS256'), 'private')).toMatchObject({ kty: 'oct', k: expect.any(String) })
  })

  it.each([0, 31, 4097])('of %d bytes is refused', bytes => {
    expect(problemOf(() => importVerificationKey(Buffer.alloc(bytes)))).toContain('32 to 4096 bytes')
  })

  it('is not made from PEM by mistake, which would make the public key the secret', () => {
    const bytes = Buffer.from(pem(keyFor('RS256').verifyWith))
    expect(problemOf(() => importVerificationKey(bytes))).toContain('pass the PEM as a string')
    expect(problemOf(() => importVerificationKey(bytes.toString(), { alg: 'HS256' }))).toContain('HS256')
  })
})

describe('what is just accepted', () => {
  it.each([32, 4096])('a secret of %d bytes', bytes => {
    expect(importVerificationKey(Buffer.alloc(bytes)).alg).toBe('HS256')
  })

  it('an RSA modulus of 8192 bits, and an exponent of 3', () => {
    const n = Buffer.alloc(1024, 0xff).toString('base64url')
    expect(importVerificationKey({ kty: 'RSA', n, e: 'Aw' }).alg).toBe('RS256')
  })

  it('a kid of 256 characters', () => {
    const kid = 'k'.repeat(256)
    expect(importVerificationKey(keyFor('ES256').verifyWith, { kid }).kid).toBe(kid)
  })
})

describe('what is refused', () => {
  const rsa = (modulusLength: number, publicExponent = 65537) =>
    generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey
  const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).publicKey

  it.each<[string, () => KeyInput, ImportOptions, string]>([
    ['RSA of 1024 bits', () => rsa(1024), {}, '2048 to 8192 bits (RFC 7518, 3.3); this has 1024'],
    ['RSA of 2047 bits', () => rsa(2047), {}, 'this has 2047'],
    ['P-384', () => ec('P-384'), {}, 'only P-256'],
    ['P-521', () => ec('P-521'), {}, 'only P-256'],
    ['secp256k1', () => ec('secp256k1'), {}, 'only P-256'],
    ['Ed448', () => generateKeyPairSync('ed448').publicKey, {}, 'ed448 are not supported'],
    ['X25519', () => generateKeyPairSync('x25519').publicKey, {}, 'x25519 are not supported'],
    ['RSA-PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey, {}, 'rsa-pss'],
    ['an algorithm of another type', () => keyFor('ES256').verifyWith, { alg: 'RS256' }, 'one for ES256'],
    [
      'a string that is no PEM',
      () => 'my secret, which is long enough to be one',
      {},
      'pass an HS256 secret as bytes',
    ],
    [
      'PEM that is none',
      () => '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
      {},
      'a key that can be read',
    ],
    ['null', () => null as unknown as KeyInput, {}, 'a key is a JWK, PEM text, bytes or a KeyObject'],
    ['an empty object', () => ({}), {}, 'a key that can be read'],
    ['a number', () => 1 as unknown as KeyInput, {}, 'a key is a JWK, PEM text, bytes or a KeyObject'],
    ['an array', () => [] as unknown as KeyInput, {}, 'a key that can be read'],
  ])('%s', (_name, input, options, problem) => {
    expect(problemOf(() => importVerificationKey(input(), options))).toContain(problem)
  })

  it('an RSA modulus that would make verification slow', () => {
    const n = Buffer.alloc(1025, 0xff).toString('base64url')
    expect(problemOf(() => importVerificationKey({ kty: 'RSA', n, e: 'AQAB' }))).toContain('this has 8200')
  })

  it.each([
    `01${'00'.repeat(31)}`,
    `01${'00'.repeat(30)}80`,
    `ec${'ff'.repeat(30)}7f`,
    '00'.repeat(32),
    `${'00'.repeat(31)}80`,
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    `ed${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(31)}`,
    `ee${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(31)}`,
    `ec${'ff'.repeat(31)}`,
  ])('an Ed25519 key of small order, for which anybody can sign: %s', point => {
    const x = Buffer.from(point, 'hex').toString('base64url')
    expect(problemOf(() => importVerificationKey({ kty: 'OKP', crv: 'Ed25519', x }))).toContain('small order')
  })

  it.each([
    ['1', 1n],
    ['2', 2n],
    ['65536', 65_536n],
    ['2^33 + 1', 2n ** 33n + 1n],
  ])('an RSA exponent of %s', (_name, exponent) => {
    const hex = exponent.toString(16)
    const e = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
    const { n } = keyFor('RS256').verifyWith.export({ format: 'jwk' })
    expect(problemOf(() => importVerificationKey({ kty: 'RSA', n: n ?? '', e }))).toContain('public exponent')
  })

  it.each<[string, (jwk: JsonWebKey) => object, string]>([
    ['for encryption', jwk => ({ ...jwk, use: 'enc' }), '"use"'],
    ['with a use that is no string', jwk => ({ ...jwk, use: ['sig'] }), '"use"'],
    ['that is to wrap keys', jwk => ({ ...jwk, key_ops: ['wrapKey'] }), '"key_ops"'],
    ['that is to do nothing', jwk => ({ ...jwk, key_ops: [] }), '"key_ops"'],
    ['whose key_ops are no list', jwk => ({ ...jwk, key_ops: 'verify' }), '"key_ops"'],
    ['that only signs and has nothing to sign with', jwk => ({ ...jwk, key_ops: ['sign'] }), '"key_ops"'],
    ['for ES384', jwk => ({ ...jwk, alg: 'ES384' }), 'not supported'],
    ['for ECDH-ES', jwk => ({ ...jwk, alg: 'ECDH-ES' }), 'not supported'],
    ['for another type', jwk => ({ ...jwk, alg: 'RS256' }), 'one for ES256'],
    ['with an alg that is no string', jwk => ({ ...jwk, alg: 1 }), 'not supported'],
    ['with an empty kid', jwk => ({ ...jwk, kid: '' }), '"kid"'],
    ['with a kid that is no string', jwk => ({ ...jwk, kid: 1 }), '"kid"'],
    ['with a huge kid', jwk => ({ ...jwk, kid: 'k'.repeat(257) }), '"kid"'],
    ['that is not on its curve', jwk => ({ ...jwk, y: jwk.x }), 'a key that can be read'],
    ['without y', ({ y: _, ...jwk }) => jwk, 'a key that can be read'],
    ['of an unknown type', jwk => ({ ...jwk, kty: 'XX' }), 'a key that can be read'],
  ])('a JWK %s', (_name, change, problem) => {
    const jwk = change(exportJwk(keyFor('ES256'))) as JsonWebKey
    expect(problemOf(() => importVerificationKey(jwk))).toContain(problem)
  })

  it('a JWK that is meant for another algorithm than the wanted one', () => {
    const jwk = exportJwk(keyFor('RS256'))
    expect(problemOf(() => importVerificationKey(jwk, { alg: 'PS256' }))).toContain('not meant for PS256')
    expect(importVerificationKey({ ...jwk, alg: undefined } as JsonWebKey, { alg: 'PS256' }).alg).toBe(
      'PS256',
    )
  })

  it('a JWK with key_ops for the other operation', () => {
    const jwk = exportJwk(keyFor('ES256'), 'private')
    expect(problemOf(() => importSigningKey({ ...jwk, key_ops: ['verify'] }))).toContain('not meant to sign')
    expect(importVerificationKey({ ...jwk, key_ops: ['sign'] }).alg).toBe('ES256')
    const secret = { ...exportJwk(keyFor('HS256'), 'private'), key_ops: ['sign'] }
    expect(problemOf(() => importVerificationKey(secret))).toContain('not meant to verify')
  })

  it.each(['ES256', 'RS256'] as const)('a private JWK (%s) with somebody else’s public part', alg => {
    const { kid: _, ...other } = exportJwk(generateKey(alg))
    const mixed = { ...exportJwk(keyFor(alg), 'private'), ...other }
    expect(problemOf(() => importSigningKey(mixed))).not.toBe('accepted')
  })

  it.each(['00', '00'.repeat(32), 'ff'.repeat(32)])('a private JWK with the scalar %s', scalar => {
    const d = Buffer.from(scalar, 'hex').toString('base64url')
    const problem = problemOf(() => importSigningKey({ ...exportJwk(keyFor('ES256'), 'private'), d }))
    expect(problem).toContain('do not belong together')
  })

  it.each([undefined, '', 'A', 'a+/b', 'AAAA=', 5])('an oct JWK with k = %s', k => {
    expect(problemOf(() => importVerificationKey({ kty: 'oct', k } as JsonWebKey))).toContain('"k"')
  })

  it('without showing key material', () => {
    const jwk = exportJwk(keyFor('ES256'), 'private')
    const secrets = [jwk.d ?? '', pem(keyFor('ES256').signWith).split('\n')[1] ?? '', 'hunter2hunter2']
    const messages = [
      problemOf(() => importSigningKey({ ...jwk, x: jwk.d ?? '' })),
      problemOf(() => importSigningKey({ ...jwk, use: jwk.d ?? '' } as JsonWebKey)),
      problemOf(() => importSigningKey(pem(keyFor('ES256').signWith).replace('\n', 'hunter2hunter2\n'))),
      problemOf(() => importSigningKey('hunter2hunter2')),
      problemOf(() => importSigningKey(Buffer.from('hunter2hunter2'))),
      problemOf(() => importSigningKey({ kty: 'oct', k: 'hunter2hunter2' })),
    ]
    for (const message of messages) for (const secret of secrets) expect(message).not.toContain(secret)
  })
})
