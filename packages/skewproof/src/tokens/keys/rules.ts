import type { KeyObject } from 'node:crypto'
import { type Algorithm, algorithmNamed, algorithms, KeyError } from './key.ts'

export const minRsaBits = 2048
/** A longer modulus makes each verification slow, and whoever publishes it decides. */
const maxRsaBits = 8192
export const minSecretBytes = 32
const maxSecretBytes = 4096

/**
 * The points of small order, as Ed25519 encodes them without the sign (Chalkias et al., Taming the many EdDSAs, Table 1): 0, 1, -1, 0 and 1
 * again with the prime added, and two of order 8. OpenSSL takes them, and then accepts signatures that anybody can make.
 */
const smallOrderPoints: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

/**
 * The one algorithm that a key is for: the wanted one if the key can do it; without one, what its type is usually for.
 *
 * @throws KeyError when the key is too weak, of a type that is not supported, or cannot do what is wanted
 */
export function chooseAlgorithm(key: KeyObject, wanted: unknown): Algorithm {
  const possible = algorithmsOf(key)
  if (wanted === undefined) return possible[0]
  const algorithm = algorithmNamed(wanted)
  if (algorithm === undefined) {
    throw new KeyError(`the key is for an algorithm that is not supported; use ${algorithms.join(', ')}`)
  }
  if (!possible.includes(algorithm)) {
    throw new KeyError(`this key cannot be used for ${algorithm}; it is one for ${possible.join(' or ')}`)
  }
  return algorithm
}

function algorithmsOf(key: KeyObject): readonly [Algorithm, ...Algorithm[]] {
  if (key.type === 'secret') {
    checkSecret(key)
    return ['HS256']
  }
  switch (key.asymmetricKeyType) {
    case 'ec':
      if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return ['ES256']
      throw new KeyError('of the elliptic curves, only P-256 (ES256) is supported')
    case 'ed25519':
      checkEd25519(key)
      return ['EdDSA']
    case 'rsa':
      checkRsa(key)
      return ['RS256', 'PS256']
    default:
      throw new KeyError(`keys of type ${key.asymmetricKeyType ?? 'unknown'} are not supported`)
  }
}

function checkSecret(key: KeyObject): void {
  const bytes = key.symmetricKeySize ?? 0
  if (bytes < minSecretBytes || bytes > maxSecretBytes) {
    throw new KeyError(
      `an HS256 secret has ${minSecretBytes} to ${maxSecretBytes} bytes (RFC 7518, 3.2); this has ${bytes}`,
    )
  }
}

function checkEd25519(key: KeyObject): void {
  const point = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
  const unsigned = Buffer.from(point.map((byte, at) => (at === 31 ? byte & 0x7f : byte)))
  if (smallOrderPoints.has(unsigned.toString('hex'))) {
    throw new KeyError('the Ed25519 key is a point of small order: anybody can sign for it')
  }
}

function checkRsa(key: KeyObject): void {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < minRsaBits || modulusLength > maxRsaBits) {
    throw new KeyError(
      `an RSA key has ${minRsaBits} to ${maxRsaBits} bits (RFC 7518, 3.3); this has ${modulusLength}`,
    )
  }
  // With an even exponent it is no RSA, with 1 no signature, and a huge one makes each verification slow.
  if (publicExponent < 3n || publicExponent % 2n === 0n || publicExponent >= 2n ** 33n) {
    throw new KeyError('the public exponent of the RSA key is not usable; 65537 is usual')
  }
}
