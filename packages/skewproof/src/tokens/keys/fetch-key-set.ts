import type { JWK } from 'jose'
import { createRemoteJWKSet, customFetch, type FetchImplementation } from 'jose/jwks/remote'
import { readBody } from '../answer.ts'
import { importVerificationKey } from './import.ts'
import { KeyError, type VerificationKey } from './key.ts'

export interface FetchOptions {
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly fetch: FetchImplementation | undefined
}

/** Fetches a key set; keys that have not changed are given back as the `known` objects. */
export type FetchKeys = (known: readonly VerificationKey[]) => Promise<readonly VerificationKey[]>

/**
 * Fetches a key set by `jose`: without redirects, within the deadline, and no more of it than `maxBytes`. */
export function fetchKeySet(
  url: URL,
  { timeoutMs, maxBytes, fetch: fetchImplementation = fetch }: FetchOptions,
): FetchKeys {
  const set = createRemoteJWKSet(url, {
    timeoutDuration: Math.ceil(timeoutMs),
    [customFetch]: async (resource, init) => bounded(await fetchImplementation(resource, init), maxBytes),
  })
  return async known => {
    await set.reload()
    return usableKeys(set.jwks()?.keys ?? [], known)
  }
}

/** Keys that cannot be used here (for encryption, of other algorithms, too short) are passed over. */
function usableKeys(jwks: readonly JWK[], known: readonly VerificationKey[]): readonly VerificationKey[] {
  const keys: VerificationKey[] = []
  for (const jwk of jwks) {
    // A published secret is no secret.
    if (jwk.kty === 'oct') continue
    try {
      const key = importVerificationKey({ ...jwk })
      // Two keys of one name are nobody's; one that is listed twice is one.
      if (keys.some(other => isSame(other, key))) continue
      keys.push(known.find(other => isSame(other, key)) ?? key)
    } catch (error) {
      if (!(error instanceof KeyError)) throw error
    }
  }
  return keys
}

function isSame(one: VerificationKey, other: VerificationKey): boolean {
  return one.kid === other.kid && one.alg === other.alg && one.verifyWith.equals(other.verifyWith)
}

async function bounded(response: Response, maxBytes: number): Promise<Response> {
  const { status, headers, body } = response
  return body === null ? response : new Response(await readBody(response, maxBytes), { status, headers })
}
