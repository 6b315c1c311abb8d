import { createHash, randomBytes } from 'node:crypto'

const tagLength = 4
const randomByteLength = 16

/**
 * A new identifier for something that belongs to a subject. It begins with the subject's tag, so that on a cluster all
 * that belongs to one subject can lie in one hash slot. The rest is 128 random bits.
 */
export function newIdentifier(subject: string): string {
  return subjectTag(subject) + randomBytes(randomByteLength).toString('base64url')
}

/** Four characters that all identifiers of a subject begin with; they tell nothing of it. */
export function subjectTag(subject: string): string {
  return createHash('sha256').update(subject).digest('base64url').slice(0, tagLength)
}
