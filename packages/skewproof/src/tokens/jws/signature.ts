import { constants, createHmac, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto'
import { TokenError } from '../errors.ts'
import { type Algorithm, algorithmNamed, type SigningKey, type VerificationKey } from '../keys/key.ts'
import { asciiBytes } from './base64url.ts'
import type { ParsedJws, SignedParts } from './parse.ts'

/**
 * Whether the signature is the key's. The algorithm is the key's; the header only has to name the same.
 *
 * @throws TokenError `ERR_TOKEN_ALGORITHM` when the header names another algorithm
 */
export function verifySignature(jws: ParsedJws, key: VerificationKey): boolean {
  const signed = asciiBytes(jws.signingInput)
  return signed !== undefined && verifyParts({ ...jws, signed }, key)
}

/** As `verifySignature`. */
export function verifyParts({ header, signed, signature }: SignedParts, key: VerificationKey): boolean {
  if (header.alg !== key.alg && algorithmNamed(header.alg) !== key.alg) {
    throw new TokenError(
      'ERR_TOKEN_ALGORITHM',
      `the header of the token does not name ${key.alg}, the one algorithm that its key is for`,
    )
  }
  return verifyBytes(key.alg, signed, key.verifyWith, signature)
}

/** A compact JWS (RFC 7515, section 7.1) over any payload, with the key's `alg` and `kid` in its header. */
export function signJws(key: SigningKey, payload: Uint8Array, typ?: string): string {
  return serialize(key, typ === undefined ? {} : { typ }, payload)
}

/**
 * A token over JSON claims.
 *
 * @param header further header parameters; `alg` and `kid` are the key's
 */
export function signToken(
  key: SigningKey,
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
): string {
  return serialize(key, header, Buffer.from(JSON.stringify(claims)))
}

function serialize(
  key: SigningKey,
  parameters: Readonly<Record<string, unknown>>,
  payload: Uint8Array,
): string {
  const header = JSON.stringify({ ...parameters, alg: key.alg, kid: key.kid })
  const signingInput = `${encode(Buffer.from(header))}.${encode(payload)}`
  return `${signingInput}.${encode(signBytes(key.alg, Buffer.from(signingInput, 'latin1'), key.signWith))}`
}

/** Whether `signature` is the key's over `data`; `false` for one that is malformed. */
export function verifyBytes(alg: Algorithm, data: Buffer, key: KeyObject, signature: Buffer): boolean {
  switch (alg) {
    case 'ES256':
      return verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'EdDSA':
      return verify(null, data, key, signature)
    case 'RS256':
      return verify('sha256', data, key, signature)
    case 'PS256':
      return isAsLongAsModulus(signature, key) && verify('sha256', data, pssOptions(key), signature)
    case 'HS256':
      return isHmac(signature, data, key)
  }
}

export function signBytes(alg: Algorithm, data: Buffer, key: KeyObject): Buffer {
  switch (alg) {
    case 'ES256':
      return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' })
    case 'EdDSA':
      return sign(null, data, key)
    case 'RS256':
      return sign('sha256', data, key)
    case 'PS256':
      return sign('sha256', data, pssOptions(key))
    case 'HS256':
      return createHmac('sha256', key).update(data).digest()
  }
}

/** Written anew for each comparison: a digest as a string costs a fraction of one as a buffer. */
const expected = Buffer.allocUnsafeSlow(32)

function isHmac(signature: Buffer, data: Buffer, key: KeyObject): boolean {
  const digest = createHmac('sha256', key).update(data).digest('binary')
  for (let at = 0; at < expected.length; at += 1) expected[at] = digest.charCodeAt(at)
  return signature.length === expected.length && timingSafeEqual(signature, expected)
}

/** RFC 8017, 8.1.2, step 1. OpenSSL does not look: it takes a signature of RSA-PSS that lost a leading zero byte. */
function isAsLongAsModulus(signature: Buffer, key: KeyObject): boolean {
  return signature.length === Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
}

/** RFC 7518, 3.5: the salt is as long as the hash. */
function pssOptions(key: KeyObject): { key: KeyObject; padding: number; saltLength: number } {
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}
