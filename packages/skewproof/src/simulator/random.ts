/**
 * Random numbers from a seed: the same on every machine. Only integers are computed with, and what IEEE 754 rounds
 * alike everywhere; `Math.log` and its like may differ in the last bit from one engine to another.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** @param seed any number; its fraction and what lies above 2^32 are not used */
  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = (seed ^ 0x9e3779b9) | 0
    this.#c = 0x243f6a88
    for (let round = 0; round < 15; round += 1) this.#next()
  }

  /** Uniform in [0, 1). */
  readonly uniform = (): number => this.#next() / 4_294_967_296

  /** Uniform in [-max, max). */
  within(max: number): number {
    return (this.uniform() * 2 - 1) * max
  }

  /** Exponentially distributed, by comparisons alone (von Neumann 1951). */
  exponential(mean: number): number {
    for (let whole = 0; ; whole += 1) {
      const first = this.uniform()
      let last = first
      let isOdd = true
      for (let next = this.uniform(); next < last; next = this.uniform()) {
        last = next
        isOdd = !isOdd
      }
      if (isOdd) return mean * (whole + first)
    }
  }

  /** Mean 0, standard deviation 1, and nearly normal: the sum of twelve. */
  normal(): number {
    let sum = -6
    for (let count = 0; count < 12; count += 1) sum += this.uniform()
    return sum
  }

  /** Another sequence, which does not depend on how much of this one is used later. */
  fork(): Random {
    return new Random(this.#next())
  }

  /** sfc32, from PractRand: 32 bits. */
  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }
}
