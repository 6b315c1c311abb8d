import { KeyObject } from 'node:crypto'
import { OptionError } from '../time/index.ts'
import type { TokenClaims } from './claims.ts'
import {
  discoveredKeys,
  importVerificationKey,
  type KeyInput,
  type KeySource,
  type RemoteKeysOptions,
  remoteKeys,
  staticKeys,
  type VerificationKey,
} from './keys/index.ts'
import { requireText } from './options.ts'
import { TokenVerifier } from './token-verifier.ts'
import type { VerificationOptions, Verifier } from './verifier.ts'

export interface VerifierOptions extends VerificationOptions {
  /** Where the issuer publishes its keys. Without it and `keys` the issuer is asked (OpenID Connect Discovery, RFC 8414). */
  jwksUri?: string | URL | undefined
  /** The issuer's keys, where they are known. */
  keys?: KeySource | readonly (KeyInput | VerificationKey)[] | undefined
  /** How keys are fetched and cached. */
  remote?: RemoteKeysOptions | undefined
}

/**
 * A verifier for the tokens of one issuer, ours or any other.
 *
 * ```ts
 * const verifier = createVerifier({ issuer: 'https://auth.example.com', audience: 'api', clock })
 * const { claims } = await verifier.verify(token)
 * ```
 *
 * @throws OptionError when an option is missing or cannot be used
 * @throws KeyError when one of `keys` cannot be used
 */
export function createVerifier<Claims extends TokenClaims = TokenClaims>(
  options: VerifierOptions,
): Verifier<Claims> {
  // What the claims look like is the issuer's promise; the type parameter states it.
  return new TokenVerifier(keySourceOf(options), options) as unknown as Verifier<Claims>
}

function keySourceOf({ issuer, jwksUri, keys, remote }: VerifierOptions): KeySource {
  if (jwksUri !== undefined && keys !== undefined)
    throw new OptionError('keys', 'give either keys or jwksUri')
  if (jwksUri !== undefined) return remoteKeys(jwksUri, remote)
  if (keys === undefined) return discoveredKeys(requireText('issuer', issuer), remote)
  if (isKeySource(keys)) return keys
  if (!isList(keys)) throw new OptionError('keys', 'give a list of keys; of a JWK Set, its member "keys"')
  if (keys.length === 0) throw new OptionError('keys', 'give at least one key')
  return staticKeys(keys.map(key => (isVerificationKey(key) ? key : importVerificationKey(key))))
}

function isKeySource(keys: NonNullable<VerifierOptions['keys']>): keys is KeySource {
  return typeof keys === 'object' && keys !== null && 'find' in keys && 'refresh' in keys
}

function isList(keys: NonNullable<VerifierOptions['keys']>): keys is readonly (KeyInput | VerificationKey)[] {
  return Array.isArray(keys)
}

function isVerificationKey(key: KeyInput | VerificationKey): key is VerificationKey {
  return typeof key === 'object' && key !== null && 'verifyWith' in key && key.verifyWith instanceof KeyObject
}
