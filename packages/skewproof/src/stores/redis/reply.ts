import { storeUnavailable } from '../../tokens/errors.ts'

/** What Redis answers comes from the network: each part is looked at before it is used. */
export function listOf(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw unreadable()
  return reply
}

export function numberOf(reply: unknown): number {
  if (typeof reply !== 'number' || !Number.isFinite(reply)) throw unreadable()
  return reply
}

export function textOf(reply: unknown): string {
  if (typeof reply !== 'string') throw unreadable()
  return reply
}

/** What a script answers where there is nothing: `false`, which arrives as null. */
export function isNothing(reply: unknown): boolean {
  return reply === null
}

export function unreadable(cause?: unknown): Error {
  return storeUnavailable('what Redis holds or answers cannot be read', cause)
}
