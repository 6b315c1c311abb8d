import { createHash, type JsonWebKey } from 'node:crypto'
import { KeyError } from './key.ts'

/** The members that identify a key, in the order in which they are hashed (RFC 7638, 3.2; RFC 8037, 2). */
const members = new Map([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['OKP', ['crv', 'kty', 'x']],
  ['RSA', ['e', 'kty', 'n']],
  ['oct', ['k', 'kty']],
])

/**
 * The JWK's SHA-256 thumbprint, base64url (RFC 7638).
 *
 * @throws KeyError when a required member is missing
 */
export function thumbprint(jwk: JsonWebKey): string {
  const names = members.get(jwk.kty ?? '')
  if (names === undefined) throw new KeyError('a thumbprint needs a JWK of type EC, OKP, RSA or oct')
  const canonical: Record<string, string> = {}
  for (const name of names) {
    const value = jwk[name]
    if (typeof value !== 'string') throw new KeyError(`the JWK lacks the member "${name}"`)
    canonical[name] = value
  }
  return createHash('sha256').update(JSON.stringify(canonical)).digest('base64url')
}
