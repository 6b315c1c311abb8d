import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { newIdentifier } from './identifiers.ts'
import type { RefreshFamily } from './store.ts'

/**
 * Refresh tokens are opaque: `<family>.<generation>.<secret>`. The secret of a generation follows from the one before and
 * the family's salt, which only the store knows. So two tabs that refresh at once get the same successor although only
 * hashes are stored; a stolen store gives no usable token, and a stolen old token gives no newer one.
 */
export interface RefreshToken {
  readonly familyId: string
  readonly generation: number
  readonly secret: string
}

const secretPattern = /^([A-Za-z0-9_-]{26})\.(\d{1,9})\.([A-Za-z0-9_-]{43})$/

/** How many generations a replayed token is followed forwards. */
const maxFollowed = 10_000

export function formatRefreshToken({ familyId, generation, secret }: RefreshToken): string {
  return `${familyId}.${generation}.${secret}`
}

/** `undefined` for anything that cannot be one of ours. */
export function parseRefreshToken(text: unknown): RefreshToken | undefined {
  if (typeof text !== 'string' || text.length > 100) return undefined
  const match = secretPattern.exec(text)
  if (match === null) return undefined
  const [, familyId = '', generation = '', secret = ''] = match
  return { familyId, generation: Number(generation), secret }
}

/** A new family and its first token. */
export function newFamily(
  subject: string,
  grant: string,
  idleMs: number,
): { family: RefreshFamily; first: RefreshToken } {
  const secret = randomBytes(32).toString('base64url')
  const familyId = newIdentifier(subject)
  const salt = randomBytes(16).toString('base64url')
  return {
    family: { familyId, subject, salt, generation: 0, currentHash: hashSecret(secret), grant, idleMs },
    first: { familyId, generation: 0, secret },
  }
}

/** The token that follows, the same for everyone who presents this one. */
export function successorOf(token: RefreshToken, salt: string): RefreshToken {
  const secret = createHmac('sha256', token.secret).update(salt).digest('base64url')
  return { familyId: token.familyId, generation: token.generation + 1, secret }
}

export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

/**
 * Whether a token that is not good any more really was: its successors lead to the family's newest. A made-up one must
 * not be able to end somebody's session.
 */
export function wasIssued(token: RefreshToken, family: RefreshFamily): boolean {
  const steps = family.generation - token.generation
  if (steps < 0 || steps > maxFollowed) return false
  let current = token
  for (let step = 0; step < steps; step += 1) current = successorOf(current, family.salt)
  return timingSafeEqual(Buffer.from(hashSecret(current.secret)), Buffer.from(family.currentHash))
}
