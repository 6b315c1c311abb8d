import { algorithmNamed, type VerificationKey } from './key.ts'

/** Where a verifier finds keys. */
export interface KeySource {
  /**
   * The key for a token's header, without I/O. Without a `kid`, the only key of that algorithm; `undefined` when there is
   * none, or more than one.
   */
  find(kid: string | undefined, alg: string): VerificationKey | undefined
  /**
   * As `find`, after learning of new keys where there is a place to learn them from.
   *
   * @throws TokenError `ERR_KEYS_UNAVAILABLE` or `ERR_STORE_UNAVAILABLE` when that place cannot be asked, and may know the key
   */
  refresh(kid: string | undefined, alg: string): Promise<VerificationKey | undefined>
}

/** A fixed set of keys. */
export function staticKeys(keys: readonly VerificationKey[]): KeySource {
  return {
    find: (kid, alg) => findKey(keys, kid, alg),
    refresh: async (kid, alg) => findKey(keys, kid, alg),
  }
}

/**
 * Looks a key up by `kid`; without one, takes the only key of that algorithm. Keys of different types may share a `kid`
 * (RFC 7517, 4.5); then the algorithm tells them apart.
 */
export function findKey<K extends VerificationKey>(
  keys: readonly K[],
  kid: string | undefined,
  alg: string,
): K | undefined {
  const algorithm = algorithmNamed(alg)
  let match: K | undefined
  let otherAlgorithm: K | undefined
  for (const key of keys) {
    if (kid !== undefined && key.kid !== kid) continue
    if (key.alg !== algorithm) otherAlgorithm = key
    else if (match === undefined) match = key
    else return undefined
  }
  // A key that is named, but for another algorithm, is given all the same: the signature check says what is wrong.
  return match ?? (kid === undefined ? undefined : otherAlgorithm)
}
