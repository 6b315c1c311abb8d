import { constants, createHmac, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto'
import { TokenError } from '../errors.ts'
import type { Algorithm, SigningKey, VerificationKey } from '../keys/key.ts'
import type { ParsedJws } from './parse.ts'

/**
 * Whether the signature is the key's. The algorithm is the key's; the header only has to name the same.
 *
 * @throws TokenError `ERR_TOKEN_ALGORITHM` when the header names another algorithm
 */
export function verifySignature(jws: ParsedJws, key: VerificationKey): boolean {
  const named = jws.header.alg === 'Ed25519' ? 'EdDSA' : jws.header.alg
  if (named !== key.alg) {
    throw new TokenError(
      'ERR_TOKEN_ALGORITHM',
      `the token is not signed with ${key.alg}, which its key is for`,
    )
  }
  return verifyBytes(key.alg, Buffer.from(jws.signingInput, 'latin1'), key.verifyWith, jws.signature)
}

/** A compact JWS (RFC 7515, section 7.1) over `payload`, with the key's `alg` and `kid` in its header. */
export function signJws(key: SigningKey, payload: Uint8Array, typ?: string): string {
  const header = { alg: key.alg, kid: key.kid, ...(typ === undefined ? {} : { typ }) }
  const signingInput = `${encode(JSON.stringify(header))}.${encode(payload)}`
  return `${signingInput}.${signBytes(key.alg, Buffer.from(signingInput, 'latin1'), key.signWith).toString('base64url')}`
}

function encode(data: string | Uint8Array): string {
  return (
    typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  ).toString('base64url')
}

function verifyBytes(alg: Algorithm, data: Buffer, key: KeyObject, signature: Buffer): boolean {
  switch (alg) {
    case 'HS256': {
      const expected = hmac(data, key)
      return signature.length === expected.length && timingSafeEqual(signature, expected)
    }
    case 'ES256':
      return verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'EdDSA':
      return verify(null, data, key, signature)
    case 'RS256':
      return verify('sha256', data, key, signature)
    case 'PS256':
      return verify('sha256', data, pssOptions(key), signature)
  }
}

function signBytes(alg: Algorithm, data: Buffer, key: KeyObject): Buffer {
  switch (alg) {
    case 'HS256':
      return hmac(data, key)
    case 'ES256':
      return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' })
    case 'EdDSA':
      return sign(null, data, key)
    case 'RS256':
      return sign('sha256', data, key)
    case 'PS256':
      return sign('sha256', data, pssOptions(key))
  }
}

function hmac(data: Buffer, key: KeyObject): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

/** RFC 7518, 3.5: the salt is as long as the hash. */
function pssOptions(key: KeyObject): { key: KeyObject; padding: number; saltLength: number } {
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
}
