import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { type Algorithm, importSigningKey, type SigningKey, signToken } from 'skewproof'

export const issuer = 'https://auth.example.com'
export const audience = 'api'

/** A key as each library wants it. */
export interface BenchKey {
  readonly alg: Algorithm
  readonly signing: SigningKey
  readonly publicKey: KeyObject
  readonly publicPem: string
}

const kinds = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  EdDSA: () => generateKeyPairSync('ed25519').privateKey,
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  HS256: () => randomBytes(32),
} as const

export function makeKey(alg: Algorithm): BenchKey {
  const signing = importSigningKey(kinds[alg](), { alg, kid: 'bench-2026' })
  const isSecret = signing.verifyWith.type === 'secret'
  return {
    alg,
    signing,
    publicKey: signing.verifyWith,
    publicPem: isSecret ? '' : signing.verifyWith.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

/** Claims such as a service puts into access tokens; all of the same size. */
export function claimsOf(number: number): Record<string, unknown> {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const serial = String(number).padStart(8, '0')
  return {
    iss: issuer,
    sub: `user-${serial}`,
    aud: audience,
    exp: nowSeconds + 7200,
    iat: nowSeconds,
    jti: `Abcd${serial}${'x'.repeat(14)}`,
    client_id: 'client_7jWk2hP0qZ',
    scope: 'orders:read orders:write',
  }
}

export function makeTokens(key: BenchKey, count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, index) =>
    signToken(key.signing, { typ: 'at+jwt' }, claimsOf(first + index)),
  )
}
