import { partOf } from './slots.ts'

/** With a million tokens of as many subjects, fifteen to each: enough to share what a key costs, and few enough to look through. */
const bucketCount = 2 ** 16

/** The names of a shard's keys, all of which lie in one hash slot. */
export class Keys {
  /** What the shard is: its identity, its clock, its counters, and what was revoked by age. */
  readonly state: string
  /** The newest changes, numbered: a stream, and the channel that tells of it. */
  readonly changes: string
  readonly #prefix: string

  /** @param tag the shard's hash tag */
  constructor(prefix: string, tag: string) {
    this.#prefix = `${prefix}:{${tag}}:`
    this.state = `${this.#prefix}state`
    this.changes = `${this.#prefix}changes`
  }

  /**
   * What belongs to some of the subjects, in one small hash.
   *
   * @param tag of a subject, or an identifier, which begins with it
   */
  bucket(tag: string): string {
    return `${this.#prefix}b:${partOf(tag, bucketCount)}`
  }

  family(familyId: string): string {
    return `${this.#prefix}f:${familyId}`
  }

  /** The tokens of a status list by their places. */
  list(list: string): string {
    return `${this.#prefix}l:${list}`
  }

  document(name: string): string {
    return `${this.#prefix}d:${name}`
  }
}
