import { asciiBytes } from './jws/base64url.ts'

/**
 * A bounded map from whole tokens to what was verified of them.
 *
 * A token arrives as a new string with each request, and hashing all of it is most of what a lookup costs. So the key is a
 * number made of a few characters of the signature, and then the whole token is compared. Verified tokens that share a number
 * are all kept: none can shadow or evict another.
 *
 * Eviction is by generations: when the young one is full it becomes the old one, and what was in the old one and has not
 * been asked for since is dropped.
 */
export class TokenCache<T> {
  readonly #generationSize: number
  #young = new Generation<T>()
  #old = new Generation<T>()

  /** @param maxSize how many tokens are kept at most; 0 keeps none */
  constructor(maxSize: number) {
    this.#generationSize = Math.ceil(maxSize / 2)
  }

  /** Whether it keeps anything. */
  get isOn(): boolean {
    return this.#generationSize > 0
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(token: string): T | undefined {
    const key = keyOf(token)
    const young = this.#young.find(key, token)
    if (young !== undefined) return young.value
    const old = this.#old.find(key, token)
    if (old === undefined) return undefined
    // Asked for again: it moves to the young generation.
    this.#old.remove(key, token)
    this.#put(key, old.token, old.value)
    return old.value
  }

  set(token: string, value: T): void {
    if (!this.isOn) return
    this.delete(token)
    this.#put(keyOf(token), flatten(token), value)
  }

  delete(token: string): void {
    const key = keyOf(token)
    this.#young.remove(key, token)
    this.#old.remove(key, token)
  }

  clear(): void {
    this.#young = new Generation()
    this.#old = new Generation()
  }

  #put(key: number, token: string, value: T): void {
    this.#young.add(key, token, value)
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#young
      this.#young = new Generation()
    }
  }
}

interface Slot<T> {
  readonly token: string
  readonly value: T
  /** Another one with the same key. */
  next: Slot<T> | undefined
}

class Generation<T> {
  readonly #slots = new Map<number, Slot<T>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  find(key: number, token: string): Slot<T> | undefined {
    let slot = this.#slots.get(key)
    while (slot !== undefined && slot.token !== token) slot = slot.next
    return slot
  }

  add(key: number, token: string, value: T): void {
    this.#slots.set(key, { token, value, next: this.#slots.get(key) })
    this.#size += 1
  }

  remove(key: number, token: string): void {
    let previous: Slot<T> | undefined
    let slot = this.#slots.get(key)
    while (slot !== undefined && slot.token !== token) {
      previous = slot
      slot = slot.next
    }
    if (slot === undefined) return
    if (previous !== undefined) previous.next = slot.next
    else if (slot.next !== undefined) this.#slots.set(key, slot.next)
    else this.#slots.delete(key)
    this.#size -= 1
  }
}

/** Six characters are 36 random bits, of which a number that needs no memory of its own holds 32. */
const keyLength = 6

/** The last character of a signature holds fewer bits than the others. */
function keyOf(token: string): number {
  const end = token.length - 1
  let key = 0
  for (let at = Math.max(0, end - keyLength); at < end; at += 1) {
    key = (Math.imul(key, 65_599) + token.charCodeAt(at)) | 0
  }
  return key
}

/** V8 keeps the parent of a slice alive: the whole header of a request for the token in it. */
function flatten(token: string): string {
  return asciiBytes(token)?.toString('latin1') ?? token
}
