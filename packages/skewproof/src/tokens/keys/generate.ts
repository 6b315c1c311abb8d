import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { importSigningKey } from './import.ts'
import type { Algorithm, SigningKey } from './key.ts'
import { minRsaBits, minSecretBytes } from './rules.ts'

/** A new random key; its `kid` is its thumbprint. */
export function generateKey(alg: Algorithm = 'ES256'): SigningKey {
  return importSigningKey(generateKeyObject(alg), { alg })
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
