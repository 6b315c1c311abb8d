import type { HostClock } from '../../clock/host.ts'
import { subjectTag } from '../../tokens/identifiers.ts'
import type { LiveToken, PageRequest, TokenPage, TokenRecord } from '../../tokens/store.ts'
import { isIdentifier } from '../identifier.ts'
import { parsePage } from '../page.ts'
import type { Access, Change } from './access.ts'
import type { RevocationMemory, Sweep } from './memory.ts'
import { formatToken, parseToken, type ReadToken, type StoredToken } from './record.ts'
import { listOf, numberOf, textOf } from './reply.ts'
import { newNonce } from './runner.ts'

/** How many places of a status list are looked at in one go. */
const placesPerPage = 1000
/** How many fields of a bucket are looked at in one go. */
const fieldsPerStep = 1000

/** The tokens of a shard. */
export class Tokens {
  readonly #access: Access
  readonly #host: HostClock
  readonly #memory: RevocationMemory

  constructor(access: Access, host: HostClock, memory: RevocationMemory) {
    this.#access = access
    this.#host = host
    this.#memory = memory
  }

  async add(record: TokenRecord): Promise<boolean> {
    const { jti, familyId = '', status } = record
    if (record.familyId !== undefined && !isIdentifier(familyId)) return false
    const { keys } = this.#access
    const places = status === undefined ? [] : [keys.list(status.list)]
    const all = [keys.bucket(jti), keys.family(familyId), ...places]
    return (await this.#access.write('addToken', all, formatToken(record))) === 1
  }

  async find(jti: string): Promise<LiveToken | undefined> {
    const { tokens, live } = await this.#read([jti])
    const [found] = tokens
    return found?.state === 'live' ? live(found.token) : undefined
  }

  async wasRevoked(jti: string): Promise<boolean> {
    const { tokens } = await this.#read([jti])
    return tokens[0]?.state === 'revoked'
  }

  /** Looks through the subject's bucket, which is large where a subject in it has many tokens. */
  async list(subject: string, page: PageRequest): Promise<TokenPage> {
    const { limit, after } = parsePage(page)
    // A scan may show something twice.
    const found = new Map<string, { sequence: number; live: LiveToken }>()
    let cursor = '0'
    do {
      const args = [subject, after, cursor, fieldsPerStep]
      const { rest, tokens, live } = await this.#ask('scanTokens', subjectTag(subject), args, 1)
      for (const { token, state, sequence } of tokens)
        if (state === 'live') found.set(token.jti, { sequence, live: live(token) })
      cursor = textOf(rest[0])
    } while (cursor !== '0')
    const inOrder = [...found.values()].sort((one, other) => one.sequence - other.sequence)
    const shown = inOrder.slice(0, limit)
    return {
      tokens: shown.map(one => one.live),
      ...(inOrder.length > limit && { cursor: String(shown.at(-1)?.sequence) }),
    }
  }

  async revoke(jti: string): Promise<Change | undefined> {
    if (!isIdentifier(jti)) return undefined
    return this.#access.change('revokeToken', [this.#access.keys.bucket(jti)], [newNonce(), jti])
  }

  revokeSubject(subject: string): Promise<Change | undefined> {
    const bucket = this.#access.keys.bucket(subjectTag(subject))
    return this.#access.change('revokeSubject', [bucket], [newNonce(), subject])
  }

  revokeOlderThan(ageMs: number, issuedBeforeSeconds: number): Promise<Change | undefined> {
    return this.#access.change('revokeOlderThan', [], [newNonce(), ageMs, issuedBeforeSeconds])
  }

  sweepAgain({ addedBeforeMs, issuedBeforeSeconds }: Sweep): Promise<Change | undefined> {
    return this.#access.change('revokeOlderThan', [], [newNonce(), '', issuedBeforeSeconds, addedBeforeMs])
  }

  /** The places of a status list from the first on, as far as they are looked at in one go, and where to go on. */
  async listRevoked(
    list: string,
    first: number,
  ): Promise<{ indices: readonly number[]; next: number | undefined }> {
    if (!isIdentifier(list)) return { indices: [], next: undefined }
    const places = await this.#access.readRange(this.#access.keys.list(list), String(first), placesPerPage)
    const buckets = new Map<string, string[]>()
    for (const { member } of places) {
      const bucket = this.#access.keys.bucket(member)
      buckets.set(bucket, [...(buckets.get(bucket) ?? []), member])
    }
    const parts = await Promise.all([...buckets.values()].map(ids => this.#read(ids)))
    const revoked = parts.flatMap(({ tokens }) => tokens).filter(({ state }) => state === 'revoked')
    const last = places.length < placesPerPage ? undefined : places.at(-1)
    return {
      indices: revoked.flatMap(({ token: { status } }) => (status === undefined ? [] : [status.index])),
      next: last && last.score + 1,
    }
  }

  /** What is known of some tokens of one bucket. */
  async #read(ids: readonly string[]): Promise<Answered> {
    const [tag] = ids
    if (tag === undefined || !ids.every(isIdentifier))
      return { rest: [], tokens: [], live: token => this.#live(token, 0, 0) }
    return this.#ask('readTokens', tag, ids, 0)
  }

  /** @param more how much the script answers between the time and the tokens */
  async #ask(
    name: 'readTokens' | 'scanTokens',
    tag: string,
    args: readonly (string | number)[],
    more: number,
  ): Promise<Answered> {
    const askedAtMs = this.#host.monotonicMs()
    const [now, ...parts] = listOf(await this.#access.run(name, [this.#access.keys.bucket(tag)], args))
    const halfTripMs = (this.#host.monotonicMs() - askedAtMs) / 2
    return {
      rest: parts.slice(0, more),
      tokens: parts.slice(more).map(part => this.#remember(parseToken(part))),
      live: token => this.#live(token, numberOf(now), halfTripMs),
    }
  }

  /** Redis may have lost what this process has seen. */
  #remember(read: ReadToken): ReadToken {
    return read.state === 'live' && this.#memory.concerns(read.token) ? { ...read, state: 'revoked' } : read
  }

  /** With the age that it has on the store's clock. */
  #live(token: StoredToken, nowMs: number, halfTripMs: number): LiveToken {
    const { addedAtMs, lifetimeMs, toleranceMs: _, ...rest } = token
    return {
      ...rest,
      remainingMs: lifetimeMs - (nowMs - addedAtMs) - halfTripMs,
      // The clock is read in whole ms, twice, and lifetimes are rounded up to them.
      errorMs: 2 + halfTripMs,
    }
  }
}

interface Answered {
  readonly rest: readonly unknown[]
  readonly tokens: readonly ReadToken[]
  live(token: StoredToken): LiveToken
}
