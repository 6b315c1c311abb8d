import { badClaim, type TokenClaims } from '../claims.ts'

/** Where the status of a token is published (draft-ietf-oauth-status-list, section 6.2). */
export interface StatusReference {
  /** The address of the Status List Token. */
  readonly uri: string
  /** The token's place on the list. */
  readonly index: number
}

const maxUriLength = 2048

/** The value of the claim `status`. */
export function formatStatus({ uri, index }: StatusReference): Readonly<Record<string, unknown>> {
  return { status_list: { idx: index, uri } }
}

/**
 * What a token says of where its status is published; `undefined` when it names no status list.
 *
 * @throws TokenError `ERR_TOKEN_CLAIM` when what it says cannot be
 */
export function readStatus({ status }: TokenClaims): StatusReference | undefined {
  if (status === undefined) return undefined
  if (!isObject(status)) throw badClaim('status', 'is not an object')
  const list = status['status_list']
  if (list === undefined) return undefined
  if (!isObject(list)) throw badClaim('status', 'has a "status_list" that is not an object')
  const { idx, uri } = list
  if (typeof idx !== 'number' || !Number.isSafeInteger(idx) || idx < 0) {
    throw badClaim('status', 'has an "idx" that is not a whole number from 0 on')
  }
  if (typeof uri !== 'string' || uri.length > maxUriLength || !URL.canParse(uri)) {
    throw badClaim('status', 'has a "uri" that is not one')
  }
  return { uri, index: idx }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
