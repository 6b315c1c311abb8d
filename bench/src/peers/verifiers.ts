import { createHmac, timingSafeEqual, verify } from 'node:crypto'
import { type Validation, verifySync } from '@node-rs/jsonwebtoken'
import { JwtVerifier } from 'aws-jwt-verify'
import { createVerifier as createFastJwtVerifier } from 'fast-jwt'
import { jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { type Algorithm, createVerifier } from 'skewproof'
import type { Contestant } from '../harness/rounds.js'
import { audience, type BenchKey, issuer } from './tokens.js'

/** How one library verifies. */
export type Way = Omit<Contestant<Parts>, 'prepare'>

/** A token whose parts have been taken apart beforehand: what is left is the signature. */
export interface Parts {
  readonly token: string
  readonly signed: Buffer
  readonly signature: Buffer
}

export function takeApart(token: string): Parts {
  const dot = token.lastIndexOf('.')
  return {
    token,
    signed: Buffer.from(token.slice(0, dot), 'latin1'),
    signature: Buffer.from(token.slice(dot + 1), 'base64url'),
  }
}

/** The limit: nothing but `node:crypto`, with a `KeyObject`, on bytes that are there. */
export function rawVerifier({ alg, publicKey }: BenchKey): Way {
  const check = rawCheck(alg, publicKey)
  return {
    name: 'node:crypto',
    run(items) {
      for (const { signed, signature } of items) if (!check(signed, signature)) throw new Error('refused')
    },
  }
}

/**
 * What no verifier can do without: the same on the same bytes, and the payload decoded and read as JSON. Nothing that it says is
 * checked, not even that it is canonical base64url.
 */
export function rawReader({ alg, publicKey }: BenchKey): Way {
  const check = rawCheck(alg, publicKey)
  return {
    name: 'node:crypto and JSON.parse',
    run(items) {
      for (const { token, signed, signature } of items) {
        const payload = token.slice(token.indexOf('.') + 1, token.lastIndexOf('.'))
        if (!check(signed, signature)) throw new Error('refused')
        JSON.parse(Buffer.from(payload, 'base64url').toString())
      }
    },
  }
}

function rawCheck(alg: Algorithm, key: BenchKey['publicKey']): (data: Buffer, signature: Buffer) => boolean {
  switch (alg) {
    case 'HS256':
      return (data, signature) => timingSafeEqual(createHmac('sha256', key).update(data).digest(), signature)
    case 'ES256':
      return (data, signature) => verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'EdDSA':
      return (data, signature) => verify(null, data, key, signature)
    default:
      return (data, signature) => verify('sha256', data, key, signature)
  }
}

/** Ours, without a cache. */
export function skewproofVerifier({ signing }: BenchKey): Way {
  const verifier = createVerifier({ issuer, audience, keys: [signing], cacheSize: 0 })
  return { name: 'skewproof', run: one(token => verifier.verify(token)) }
}

/** Ours as it is used: what was verified is kept. */
export function skewproofKeepingVerifier({ signing }: BenchKey): Way {
  const verifier = createVerifier({ issuer, audience, keys: [signing], cacheSize: 1000 })
  return { name: 'skewproof, keeping it', run: one(token => verifier.verify(token)) }
}

/** All peers that know the algorithm, each with the key in the form that suits it best. */
export function peerVerifiers(key: BenchKey): readonly Way[] {
  return [fastJwt, jsonwebtokenVerifier, jose, awsJwtVerify, nodeRsVerifier]
    .map(make => make(key))
    .filter(contestant => contestant !== undefined)
}

function fastJwt({ alg, publicKey, publicPem }: BenchKey): Way {
  const key = alg === 'HS256' ? publicKey.export() : publicPem
  const check = createFastJwtVerifier({ key, algorithms: [alg], allowedIss: issuer, allowedAud: audience })
  return { name: 'fast-jwt', run: all(token => check(token)) }
}

function jsonwebtokenVerifier({ alg, publicKey }: BenchKey): Way | undefined {
  if (alg === 'EdDSA') return undefined
  const options: jsonwebtoken.VerifyOptions = { algorithms: [alg], issuer, audience }
  return {
    name: 'jsonwebtoken',
    run: all(token => jsonwebtoken.verify(token, publicKey, options)),
  }
}

function jose({ alg, publicKey }: BenchKey): Way {
  const options = { algorithms: [alg], issuer, audience }
  return {
    name: 'jose',
    run: one(token => jwtVerify(token, publicKey, options)),
  }
}

function awsJwtVerify({ alg, publicKey, signing }: BenchKey): Way | undefined {
  if (alg !== 'RS256' && alg !== 'ES256') return undefined
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: signing.kid, alg, use: 'sig' }
  const verifier = JwtVerifier.create({ issuer, audience, jwksUri: `${issuer}/jwks.json` })
  verifier.cacheJwks({ keys: [jwk as Parameters<typeof verifier.cacheJwks>[0]['keys'][number]] })
  return { name: 'aws-jwt-verify', run: all(token => verifier.verifySync(token)) }
}

function nodeRsVerifier({ alg, publicKey, publicPem }: BenchKey): Way {
  const key = alg === 'HS256' ? publicKey.export() : publicPem
  // Their enumeration holds the names themselves, but is declared in a way that cannot be imported.
  const algorithms = [alg] as unknown as NonNullable<Validation['algorithms']>
  const options = { algorithms, iss: [issuer], aud: [audience] }
  return { name: '@node-rs/jsonwebtoken', run: all(token => verifySync(token, key, options)) }
}

function all(check: (token: string) => unknown): Way['run'] {
  return items => {
    for (const { token } of items) check(token)
  }
}

/** One at a time, as in one request. */
function one(check: (token: string) => Promise<unknown>): Way['run'] {
  return async items => {
    for (const { token } of items) await check(token)
  }
}
