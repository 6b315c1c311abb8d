import { OptionError } from '../time/index.ts'
import type { PageRequest } from '../tokens/store.ts'

const defaultLimit = 100
const maxLimit = 1000

/**
 * Reads a page request. A cursor is the sequence number of the last record of the page before.
 *
 * @throws OptionError
 */
export function parsePage({ limit = defaultLimit, cursor }: PageRequest): { limit: number; after: number } {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    throw new OptionError('limit', `use a whole number from 1 to ${maxLimit}`)
  }
  return { limit, after: parseCursor(cursor) }
}

/**
 * The number that a cursor stands for; 0 without one.
 *
 * @throws OptionError
 */
export function parseCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  if (!/^\d{1,15}$/.test(cursor)) {
    throw new OptionError('cursor', 'give back the cursor of the page before as it was')
  }
  return Number(cursor)
}
