/** Several values for a key; a key without values is gone. */
export class Multimap {
  readonly #sets = new Map<string, Set<string>>()

  /** In the order in which they were added. */
  get(key: string): Iterable<string> {
    return this.#sets.get(key) ?? []
  }

  add(key: string, value: string): void {
    const values = this.#sets.get(key)
    if (values === undefined) this.#sets.set(key, new Set([value]))
    else values.add(value)
  }

  delete(key: string, value: string): void {
    const values = this.#sets.get(key)
    values?.delete(value)
    if (values?.size === 0) this.#sets.delete(key)
  }
}
