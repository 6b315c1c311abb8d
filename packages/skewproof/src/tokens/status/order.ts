import { createCipheriv, randomBytes } from 'node:crypto'

const keyLength = 32

/** A new seed for the order of a list. */
export function newSeed(): string {
  return randomBytes(keyLength).toString('base64url')
}

/**
 * The numbers from 0 to `size` - 1 in an order that follows from the seed, and that nobody can guess without it: each order
 * is as likely as any other (Fisher and Yates, on the key stream of AES-256-CTR).
 */
export function shuffledIndices(seed: string, size: number): Uint32Array {
  const key = Buffer.from(seed, 'base64url')
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size * 4))
  const order = Uint32Array.from({ length: size }, (_, index) => index)
  for (let last = size - 1; last > 0; last -= 1) {
    const other = stream.readUInt32LE(last * 4) % (last + 1)
    const moved = order[last] ?? 0
    order[last] = order[other] ?? 0
    order[other] = moved
  }
  return order
}
