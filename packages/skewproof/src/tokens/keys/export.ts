import type { JsonWebKey, KeyObject } from 'node:crypto'
import { KeyError, type SigningKey, type VerificationKey } from './key.ts'

/**
 * The key as a JWK, with its `kid` and `alg`; `'private'` includes what signs.
 *
 * @throws KeyError when the key has no such part: an HS256 secret has no public one
 */
export function exportJwk(key: VerificationKey, part?: 'public'): JsonWebKey
export function exportJwk(key: SigningKey, part: 'private'): JsonWebKey
export function exportJwk(key: VerificationKey & { signWith?: KeyObject }, part = 'public'): JsonWebKey {
  const keyObject = part === 'private' ? key.signWith : key.verifyWith
  if (keyObject === undefined) throw new KeyError('this key has no private part')
  if (part === 'public' && keyObject.type === 'secret') {
    throw new KeyError('an HS256 secret has no public part')
  }
  return { ...keyObject.export({ format: 'jwk' }), kid: key.kid, alg: key.alg, use: 'sig' }
}
