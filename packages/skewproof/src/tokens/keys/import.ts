import { createPrivateKey, createPublicKey, createSecretKey, type JsonWebKey, KeyObject } from 'node:crypto'
import { signBytes, verifyBytes } from '../jws/signature.ts'
import { type Algorithm, algorithmNamed, KeyError, type SigningKey, type VerificationKey } from './key.ts'
import { chooseAlgorithm } from './rules.ts'
import { thumbprint } from './thumbprint.ts'

/** A key as people have it: a JWK (RFC 7517), PEM text, a secret's bytes, or a `KeyObject`. */
export type KeyInput = JsonWebKey | string | Uint8Array | KeyObject

export interface ImportOptions {
  /** The one algorithm that the key is for. Where it is absent, the JWK's `alg` or the key's type decides. */
  alg?: Algorithm | undefined
  /** Default: the JWK's `kid`, else its thumbprint (RFC 7638). */
  kid?: string | undefined
}

const maxKidLength = 256

/**
 * Reads a key that verifies. Of a private key the public part is taken.
 *
 * @throws KeyError when the key is not usable for one of the supported algorithms
 */
export function importVerificationKey(input: KeyInput, options: ImportOptions = {}): VerificationKey {
  const { keyObject, jwk } = read(input, createPublicKey)
  return describe(keyObject, jwk, 'verify', options)
}

/**
 * Reads a key that signs, and tries it once.
 *
 * @throws KeyError when the key has no private part, or is not usable for one of the supported algorithms
 */
export function importSigningKey(input: KeyInput, options: ImportOptions = {}): SigningKey {
  const { keyObject, jwk } = read(input, createPrivateKey)
  if (keyObject.type === 'public') {
    throw new KeyError('a private key is needed for signing; this is a public one')
  }
  const key = { ...describe(keyObject, jwk, 'sign', options), signWith: keyObject }
  if (!isPair(key)) throw new KeyError('the private and the public part of the key do not belong together')
  return key
}

function describe(
  keyObject: KeyObject,
  jwk: JsonWebKey | undefined,
  operation: 'sign' | 'verify',
  options: ImportOptions,
): VerificationKey {
  if (jwk !== undefined) checkPurpose(jwk, operation, options.alg)
  const verifyWith = keyObject.type === 'private' ? createPublicKey(keyObject) : keyObject
  return {
    alg: chooseAlgorithm(verifyWith, options.alg ?? jwk?.['alg']),
    kid: chooseKid(verifyWith, options.kid ?? jwk?.['kid']),
    verifyWith,
  }
}

/** Node does not check that the parts of a private JWK belong together, nor that it is a possible key. */
function isPair({ alg, signWith, verifyWith }: SigningKey): boolean {
  const probe = Buffer.from('skewproof')
  return verifyBytes(alg, probe, verifyWith, signBytes(alg, probe, signWith))
}

interface ReadKey {
  readonly keyObject: KeyObject
  readonly jwk?: JsonWebKey
}

type Reader = (key: string | { key: JsonWebKey; format: 'jwk' }) => KeyObject

function read(input: KeyInput, reader: Reader): ReadKey {
  if (input instanceof KeyObject) return { keyObject: input }
  if (input instanceof Uint8Array) return { keyObject: readSecret(input) }
  if (typeof input === 'string') return { keyObject: readPem(input, reader) }
  if (typeof input !== 'object' || input === null) {
    throw new KeyError('a key is a JWK, PEM text, bytes or a KeyObject')
  }
  return { keyObject: readJwk(input, reader), jwk: input }
}

function readSecret(bytes: Uint8Array): KeyObject {
  // A public key taken for a secret lets anybody sign.
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('-----BEGIN ')) {
    throw new KeyError('bytes are read as an HS256 secret, and these are PEM; pass the PEM as a string')
  }
  return createSecretKey(bytes)
}

function readPem(pem: string, reader: Reader): KeyObject {
  if (!pem.includes('-----BEGIN ')) {
    throw new KeyError(
      'a string is read as PEM, and this is none; pass an HS256 secret as bytes (Buffer.from(secret))',
    )
  }
  try {
    return reader(pem)
  } catch {
    throw new KeyError(
      'the PEM text is not a key that can be read (is it encrypted, or a public one where a private one is needed?)',
    )
  }
}

function readJwk(jwk: JsonWebKey, reader: Reader): KeyObject {
  if (jwk.kty === 'oct') return createSecretKey(decodeSecret(jwk.k))
  try {
    return reader({ key: jwk, format: 'jwk' })
  } catch {
    throw new KeyError(
      'the JWK is not a key that can be read (RFC 7517): is a member missing, or the private part where it is needed?',
    )
  }
}

function decodeSecret(k: unknown): Buffer {
  const bytes = Buffer.from(typeof k === 'string' ? k : '', 'base64url')
  if (bytes.length === 0 || bytes.toString('base64url') !== k) {
    throw new KeyError('the member "k" of the JWK is not base64url')
  }
  return bytes
}

/** What a JWK says it is for (RFC 7517, sections 4.2 to 4.4) must be what it is wanted for. */
function checkPurpose(jwk: JsonWebKey, operation: 'sign' | 'verify', alg: Algorithm | undefined): void {
  const { alg: named, use, key_ops: operations } = jwk as Record<string, unknown>
  if (alg !== undefined && named !== undefined && algorithmNamed(named) !== alg) {
    throw new KeyError(`the JWK is not meant for ${alg} ("alg")`)
  }
  if (use !== undefined && use !== 'sig') throw new KeyError('the JWK is not meant for signatures ("use")')
  if (operations === undefined) return
  const allowed = Array.isArray(operations) ? operations : []
  // A private key that signs also verifies: its public part is derived from it.
  const signsWithPrivatePart = jwk.d !== undefined && allowed.includes('sign')
  if (!allowed.includes(operation) && !signsWithPrivatePart) {
    throw new KeyError(`the JWK is not meant to ${operation} ("key_ops")`)
  }
}

function chooseKid(key: KeyObject, kid: unknown): string {
  if (kid === undefined) return thumbprint(key.export({ format: 'jwk' }))
  if (typeof kid !== 'string' || kid === '' || kid.length > maxKidLength) {
    throw new KeyError(`"kid" must be a string of 1 to ${maxKidLength} characters`)
  }
  return kid
}
