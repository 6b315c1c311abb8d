import { createHash } from 'node:crypto'

/** A subject as a key: any text becomes 43 characters, and the store's indexes do not show who it is. */
export function hashSubject(subject: string): string {
  return createHash('sha256').update(subject).digest('base64url')
}
