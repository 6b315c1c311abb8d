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

  /** The subject's live tokens and families, in the order of their issue. */
  subject(subject: string): string {
    return `${this.#prefix}s:${subject}`
  }

  token(jti: string): string {
    return `${this.#prefix}t:${jti}`
  }

  family(familyId: string): string {
    return `${this.#prefix}f:${familyId}`
  }

  /** What a member of a subject's set stands for. */
  member(member: string): string {
    return member.startsWith(':') ? this.family(member.slice(1)) : this.token(member)
  }

  /** The tokens of a status list by their places. */
  list(list: string): string {
    return `${this.#prefix}l:${list}`
  }

  document(name: string): string {
    return `${this.#prefix}d:${name}`
  }
}
