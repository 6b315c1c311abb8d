/**
 * Tokens as they lie in a socket's buffer. A token that arrives with a request is a new string each time, never hashed
 * before, and this is how Node makes it.
 */
export class TokenPool {
  readonly #bytes: Buffer
  readonly #ends: Uint32Array
  #next = 0

  constructor(tokens: readonly string[]) {
    this.#bytes = Buffer.from(tokens.join(''), 'latin1')
    this.#ends = new Uint32Array(tokens.length)
    let end = 0
    for (const [index, token] of tokens.entries()) {
      end += token.length
      this.#ends[index] = end
    }
  }

  get size(): number {
    return this.#ends.length
  }

  /** A new string. */
  at(index: number): string {
    return this.#bytes.toString('latin1', this.#ends[index - 1] ?? 0, this.#ends[index])
  }

  /** New strings, of tokens here and there. */
  some(count: number): string[] {
    return Array.from({ length: count }, () => {
      // A large odd stride visits all of them, and no two that are neighbours in memory.
      this.#next = (this.#next + 7_368_787) % this.size
      return this.at(this.#next)
    })
  }
}
