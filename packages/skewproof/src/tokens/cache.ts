/** How many characters of the signature's end serve as the key: 96 bits, unforgeable among verified tokens. */
const tailLength = 16

/**
 * A bounded map from whole tokens to what was verified of them.
 *
 * A token arrives as a new string with each request, and hashing all of it is most of what a lookup costs; so the key is
 * the end of the signature, and the whole token is compared. When two verified tokens share that end, the second is kept
 * under its full text: neither can shadow or evict the other.
 *
 * Eviction is by generations: when the young one is full it becomes the old one, and what was in the old one and has not
 * been asked for since is dropped.
 */
export class TokenCache<T> {
  readonly #generationSize: number
  #young = new Map<string, Slot<T>>()
  #old = new Map<string, Slot<T>>()

  /** @param maxSize how many tokens are kept at most; 0 keeps none */
  constructor(maxSize: number) {
    this.#generationSize = Math.ceil(maxSize / 2)
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(token: string): T | undefined {
    return this.#find(token.slice(-tailLength), token) ?? this.#find(token, token)
  }

  set(token: string, value: T): void {
    if (this.#generationSize === 0) return
    this.delete(token)
    const slot = { token: flatten(token), value }
    const tail = flatten(token.slice(-tailLength))
    const isTaken = this.#young.has(tail) || this.#old.has(tail)
    this.#put(isTaken ? slot.token : tail, slot)
  }

  delete(token: string): void {
    // It may be under either key, or under both: what held the tail when it came may be gone since.
    for (const generation of [this.#young, this.#old]) {
      const tail = token.slice(-tailLength)
      if (generation.get(tail)?.token === token) generation.delete(tail)
      generation.delete(token)
    }
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }

  #find(key: string, token: string): T | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young.token === token ? young.value : undefined
    const old = this.#old.get(key)
    if (old === undefined || old.token !== token) return undefined
    // Asked for again: it moves to the young generation, under a key that does not keep the request's header alive.
    this.#put(key === token ? old.token : flatten(key), old)
    return old.value
  }

  #put(key: string, slot: Slot<T>): void {
    this.#old.delete(key)
    this.#young.set(key, slot)
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#young
      this.#young = new Map()
    }
  }
}

interface Slot<T> {
  readonly token: string
  readonly value: T
}

/** V8 keeps the parent of a slice alive: a header of kilobytes for a key of 16 characters. */
function flatten(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
