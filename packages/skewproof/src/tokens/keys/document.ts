import { storeUnavailable } from '../errors.ts'
import type { KeySet, StoredKey } from './rotation.ts'

/** The name of the store's document that holds the keys. */
export const keysDocument = 'keys'

export function formatKeySet(set: KeySet): string {
  return JSON.stringify(set)
}

/**
 * @param value the document; `undefined` when there is none yet
 * @throws TokenError `ERR_STORE_UNAVAILABLE` when it is not a key set: to write a new one would void all tokens
 */
export function parseKeySet(value: string | undefined): KeySet {
  if (value === undefined) return { keys: [] }
  try {
    const set: unknown = JSON.parse(value)
    if (isObject(set) && Array.isArray(set['keys']) && set['keys'].every(isStoredKey)) {
      return { keys: set['keys'] }
    }
  } catch {
    // Said below.
  }
  throw storeUnavailable('its keys cannot be read')
}

function isStoredKey(key: unknown): key is StoredKey {
  return (
    isObject(key) &&
    typeof key['kid'] === 'string' &&
    typeof key['alg'] === 'string' &&
    isObject(key['jwk']) &&
    Number.isFinite(key['createdAtMs']) &&
    Number.isFinite(key['signsFromMs']) &&
    isOptionalInstant(key['signsUntilMs']) &&
    isOptionalInstant(key['verifiesUntilMs'])
  )
}

function isOptionalInstant(value: unknown): boolean {
  return value === undefined || Number.isFinite(value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
