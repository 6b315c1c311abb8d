import { CompactSign, compactVerify, importJWK, SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { exportJwk, generateKey, importSigningKey, importVerificationKey, thumbprint } from '../keys/index.ts'
import { type Algorithm, algorithms } from '../keys/key.ts'
import { decodeToken, parseJws } from './parse.ts'
import { signJws, signToken, verifySignature } from './signature.ts'

const claims = {
  sub: 'alice',
  aud: ['a', 'b'],
  exp: 4_000_000_000,
  text: 'grüß 😀',
  nested: { list: [1.5, null] },
}

describe.each(algorithms)('jose, %s', alg => {
  const key = generateKey(alg)
  const jwk = exportJwk(key, 'private')

  it('verifies what we sign', async () => {
    const token = signToken(key, { typ: 'at+jwt' }, claims)
    const verified = await compactVerify(token, key.verifyWith)
    expect(verified.protectedHeader).toEqual({ alg, kid: key.kid, typ: 'at+jwt' })
    expect(JSON.parse(Buffer.from(verified.payload).toString())).toEqual(claims)
  })

  it('signs what we verify', async () => {
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg, kid: key.kid })
      .sign(await importJWK({ ...jwk }, alg))
    expect(verifySignature(parseJws(token), key)).toBe(true)
    expect(decodeToken(token)).toMatchObject({ header: { alg, kid: key.kid }, claims })
  })

  it('agrees on payloads that are no JSON', async () => {
    const payload = new Uint8Array([0, 0xff, 0x80])
    expect((await compactVerify(signJws(key, payload), key.verifyWith)).payload).toEqual(payload)
    const token = await new CompactSign(payload).setProtectedHeader({ alg }).sign(key.signWith)
    expect(verifySignature(parseJws(token), key)).toBe(true)
  })
})

/** jsonwebtoken has no EdDSA. */
const known = ['ES256', 'RS256', 'PS256', 'HS256'] as const satisfies Algorithm[]

describe.each(known)('jsonwebtoken, %s', alg => {
  const key = generateKey(alg)

  it('verifies what we sign', () => {
    const token = signToken(key, { typ: 'JWT' }, claims)
    expect(jsonwebtoken.verify(token, key.verifyWith, { algorithms: [alg], ignoreExpiration: true })).toEqual(
      claims,
    )
  })

  it('signs what we verify', () => {
    const token = jsonwebtoken.sign(claims, key.signWith, {
      algorithm: alg,
      keyid: key.kid,
      noTimestamp: true,
    })
    expect(verifySignature(parseJws(token), key)).toBe(true)
    expect(decodeToken(token).claims).toEqual(claims)
  })

  it('refuses what we refuse', () => {
    const [header, payload] = signToken(key, {}, claims).split('.')
    const [, , signature] = signToken(key, {}, { ...claims, sub: 'mallory' }).split('.')
    const token = `${header}.${payload}.${signature}`
    expect(() => jsonwebtoken.verify(token, key.verifyWith, { algorithms: [alg] })).toThrow(
      'invalid signature',
    )
    expect(verifySignature(parseJws(token), key)).toBe(false)
  })
})

it('reads the keys that jose makes, and agrees on their thumbprints', async () => {
  const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await import('jose')
  for (const alg of ['ES256', 'EdDSA', 'RS256', 'PS256'] as const) {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    const publicJwk = await exportJWK(publicKey)
    const expected = await calculateJwkThumbprint(publicJwk)
    expect(thumbprint({ ...publicJwk })).toBe(expected)
    const signing = importSigningKey({ ...(await exportJWK(privateKey)) }, { alg })
    expect(signing.kid).toBe(expected)
    const verifying = importVerificationKey({ ...publicJwk }, { alg })
    expect(verifySignature(parseJws(signToken(signing, {}, claims)), verifying)).toBe(true)
  }
})
