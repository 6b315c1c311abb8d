import { hash, randomFillSync } from 'node:crypto'

const tagLength = 4
const randomByteLength = 16

/**
 * A new identifier for something that belongs to a subject. It begins with the subject's tag, so that on a cluster all
 * that belongs to one subject can lie in one hash slot. The rest is 128 random bits.
 */
export function newIdentifier(subject: string): string {
  return subjectTag(subject) + randomText()
}

/** Four characters that all identifiers of a subject begin with; they tell nothing of it. */
export function subjectTag(subject: string): string {
  return hash('sha256', subject, 'base64url').slice(0, tagLength)
}

/** To ask the system for random bytes takes as long as half a signature: it is asked for many at once. */
const random = Buffer.allocUnsafeSlow(256 * randomByteLength)
let usedBytes = random.length

function randomText(): string {
  if (usedBytes === random.length) {
    randomFillSync(random)
    usedBytes = 0
  }
  const bytes = random.subarray(usedBytes, usedBytes + randomByteLength)
  usedBytes += randomByteLength
  return bytes.toString('base64url')
}
