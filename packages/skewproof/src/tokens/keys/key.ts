import type { KeyObject } from 'node:crypto'

/** The signature algorithms that are supported (RFC 7518, section 3.1; RFC 8037). `EdDSA` is Ed25519. */
export const algorithms = ['ES256', 'EdDSA', 'RS256', 'PS256', 'HS256'] as const
export type Algorithm = (typeof algorithms)[number]

/** A key that verifies with one algorithm and no other. */
export interface VerificationKey {
  readonly kid: string
  readonly alg: Algorithm
  /** The public key, or the secret of `HS256`. */
  readonly verifyWith: KeyObject
}

/** A key that also signs. */
export interface SigningKey extends VerificationKey {
  /** The private key, or the secret of `HS256`. */
  readonly signWith: KeyObject
}

/** A key that cannot be used. The message says why, and never shows key material. */
export class KeyError extends Error {
  override readonly name = 'KeyError'
  readonly code = 'ERR_KEY'
}

/** The algorithm that a header or a JWK names. RFC 9864 gave `EdDSA` with Ed25519 a name of its own. */
export function algorithmNamed(name: unknown): Algorithm | undefined {
  return name === 'Ed25519'
    ? 'EdDSA'
    : (algorithms as readonly unknown[]).includes(name)
      ? (name as Algorithm)
      : undefined
}
