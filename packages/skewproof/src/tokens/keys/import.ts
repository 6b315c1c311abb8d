import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type JsonWebKey,
  KeyObject,
  randomBytes,
} from 'node:crypto'
import { type Algorithm, algorithms, KeyError, type SigningKey, type VerificationKey } from './key.ts'
import { thumbprint } from './thumbprint.ts'

/** A key as people have it: a JWK (RFC 7517), PEM text, a secret's bytes, or a `KeyObject`. */
export type KeyInput = JsonWebKey | string | Uint8Array | KeyObject

export interface ImportOptions {
  /** The one algorithm that the key is for. Where it is absent, the JWK's `alg` or the key's type decides. */
  alg?: Algorithm | undefined
  /** Default: the JWK's `kid`, else its thumbprint (RFC 7638). */
  kid?: string | undefined
}

const minRsaBits = 2048
const maxRsaBits = 8192
const minSecretBytes = 32
const maxSecretBytes = 4096
const maxKidLength = 256

/** @throws KeyError when the key is not usable for one of the supported algorithms */
export function importVerificationKey(input: KeyInput, options: ImportOptions = {}): VerificationKey {
  const { keyObject, jwk } = read(input, createPublicKey)
  checkJwkUse(jwk, 'verify')
  const verifyWith = keyObject.type === 'private' ? createPublicKey(keyObject) : keyObject
  const alg = chooseAlgorithm(keyObject, options.alg ?? jwk?.['alg'])
  return { kid: chooseKid(verifyWith, options.kid ?? jwk?.['kid']), alg, verifyWith }
}

/** @throws KeyError when the key has no private part, or is not usable for one of the supported algorithms */
export function importSigningKey(input: KeyInput, options: ImportOptions = {}): SigningKey {
  const { keyObject, jwk } = read(input, createPrivateKey)
  checkJwkUse(jwk, 'sign')
  if (keyObject.type === 'public')
    throw new KeyError('a private key is needed for signing; this is a public one')
  const alg = chooseAlgorithm(keyObject, options.alg ?? jwk?.['alg'])
  const verifyWith = keyObject.type === 'private' ? createPublicKey(keyObject) : keyObject
  return {
    kid: chooseKid(verifyWith, options.kid ?? jwk?.['kid']),
    alg,
    verifyWith,
    signWith: keyObject,
  }
}

/** A new random key. */
export function generateKey(alg: Algorithm = 'ES256'): SigningKey {
  return importSigningKey(generateKeyObject(alg), { alg })
}

/** The key as a JWK, with its `kid` and `alg`; `'private'` includes what signs. */
export function exportJwk(key: VerificationKey, part?: 'public'): JsonWebKey
export function exportJwk(key: SigningKey, part: 'private'): JsonWebKey
export function exportJwk(key: VerificationKey & { signWith?: KeyObject }, part = 'public'): JsonWebKey {
  const keyObject = part === 'private' ? key.signWith : key.verifyWith
  if (keyObject === undefined) throw new KeyError('this key has no private part')
  if (part === 'public' && keyObject.type === 'secret')
    throw new KeyError('an HS256 secret has no public part')
  return { ...keyObject.export({ format: 'jwk' }), kid: key.kid, alg: key.alg, use: 'sig' }
}

function generateKeyObject(alg: Algorithm): KeyObject {
  switch (alg) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    case 'EdDSA':
      return generateKeyPairSync('ed25519').privateKey
    case 'RS256':
    case 'PS256':
      return generateKeyPairSync('rsa', { modulusLength: minRsaBits }).privateKey
    case 'HS256':
      return createSecretKey(randomBytes(minSecretBytes))
  }
}

interface ReadKey {
  readonly keyObject: KeyObject
  readonly jwk: JsonWebKey | undefined
}

function read(
  input: KeyInput,
  parse: (key: string | { key: JsonWebKey; format: 'jwk' }) => KeyObject,
): ReadKey {
  if (input instanceof KeyObject) return { keyObject: input, jwk: undefined }
  if (input instanceof Uint8Array) return { keyObject: createSecretKey(input), jwk: undefined }
  if (typeof input === 'string') return { keyObject: readPem(input, parse), jwk: undefined }
  if (typeof input !== 'object' || input === null)
    throw new KeyError('a key is a JWK, PEM text, bytes or a KeyObject')
  return { keyObject: readJwk(input, parse), jwk: input }
}

function readPem(pem: string, parse: (key: string) => KeyObject): KeyObject {
  if (!pem.includes('-----BEGIN ')) {
    throw new KeyError(
      'a string is read as PEM, and this is none; pass an HS256 secret as bytes (Buffer.from(secret))',
    )
  }
  try {
    return parse(pem)
  } catch {
    throw new KeyError(
      'the PEM text is not a key that can be read (is it encrypted, or a public one where a private one is needed?)',
    )
  }
}

function readJwk(jwk: JsonWebKey, parse: (key: { key: JsonWebKey; format: 'jwk' }) => KeyObject): KeyObject {
  try {
    if (jwk.kty === 'oct') return createSecretKey(decodeSecret(jwk.k))
    return parse({ key: jwk, format: 'jwk' })
  } catch (error) {
    if (error instanceof KeyError) throw error
    throw new KeyError('the JWK is not a key that can be read (RFC 7517; is a member missing?)')
  }
}

function decodeSecret(k: unknown): Buffer {
  if (typeof k !== 'string' || !/^[A-Za-z0-9_-]*$/.test(k))
    throw new KeyError('the JWK member "k" is not base64url')
  return Buffer.from(k, 'base64url')
}

function checkJwkUse(jwk: JsonWebKey | undefined, operation: 'sign' | 'verify'): void {
  if (jwk === undefined) return
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig')
    throw new KeyError('the JWK is not for signatures ("use")')
  const operations = jwk['key_ops']
  if (operations === undefined) return
  // A private key (key_ops: sign) also verifies: its public part is derived from it.
  const allowed = Array.isArray(operations) && (operations.includes(operation) || operations.includes('sign'))
  if (!allowed) throw new KeyError(`the JWK is not meant to ${operation} ("key_ops")`)
}

function chooseKid(key: KeyObject, kid: unknown): string {
  if (kid === undefined) return thumbprint(key.export({ format: 'jwk' }))
  if (typeof kid !== 'string' || kid === '' || kid.length > maxKidLength) {
    throw new KeyError(`"kid" must be a string of 1 to ${maxKidLength} characters`)
  }
  return kid
}

function chooseAlgorithm(key: KeyObject, wanted: unknown): Algorithm {
  const possible = possibleAlgorithms(key)
  const [first] = possible
  if (wanted === undefined) return first
  const alg = wanted === 'Ed25519' ? 'EdDSA' : wanted
  const match = possible.find(candidate => candidate === alg)
  if (match !== undefined) return match
  throw new KeyError(
    algorithms.some(known => known === alg)
      ? `this key cannot be used for ${String(alg)}; it is one for ${possible.join(' or ')}`
      : `the key is for an algorithm that is not supported; supported are ${algorithms.join(', ')}`,
  )
}

function possibleAlgorithms(key: KeyObject): [Algorithm, ...Algorithm[]] {
  if (key.type === 'secret') {
    const bytes = key.symmetricKeySize ?? 0
    if (bytes < minSecretBytes || bytes > maxSecretBytes) {
      throw new KeyError(
        `an HS256 secret has ${minSecretBytes} to ${maxSecretBytes} bytes (RFC 7518, 3.2); this has ${bytes}`,
      )
    }
    return ['HS256']
  }
  switch (key.asymmetricKeyType) {
    case 'ec':
      if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return ['ES256']
      throw new KeyError('of the elliptic curves, only P-256 (ES256) is supported')
    case 'ed25519':
      return ['EdDSA']
    case 'rsa':
      checkRsa(key)
      return ['RS256', 'PS256']
    default:
      throw new KeyError(`keys of type ${key.asymmetricKeyType ?? 'unknown'} are not supported`)
  }
}

function checkRsa(key: KeyObject): void {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < minRsaBits || modulusLength > maxRsaBits) {
    throw new KeyError(
      `an RSA key has ${minRsaBits} to ${maxRsaBits} bits (RFC 7518, 3.3); this has ${modulusLength}`,
    )
  }
  // A huge exponent makes each verification slow.
  if (publicExponent < 3n || publicExponent % 2n === 0n || publicExponent >= 2n ** 33n) {
    throw new KeyError('the public exponent of the RSA key is not usable; 65537 is usual')
  }
}
