import type { HostClock } from '../../clock/host.ts'
import type { LiveToken, PageRequest, TokenPage, TokenRecord } from '../../tokens/store.ts'
import { isIdentifier } from '../identifier.ts'
import { parsePage } from '../page.ts'
import type { Access, Change } from './access.ts'
import type { RevocationMemory, Sweep } from './memory.ts'
import { describeState, formatToken, parseToken, type StoredToken } from './record.ts'
import { listOf, numberOf, textOf } from './reply.ts'
import { newNonce } from './runner.ts'

/** How many places of a status list are looked at in one go. */
const placesPerPage = 1000

const states = ['dead', 'live', 'revoked'] as const

type TokenState = (typeof states)[number]

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

  /** Answers `undefined` when it was not added, else some members of a large set, which may have died. */
  async add(record: TokenRecord): Promise<readonly string[] | undefined> {
    if (record.familyId !== undefined && !isIdentifier(record.familyId)) return undefined
    const { jti, subject, familyId = '', lifetimeMs, toleranceMs, status } = record
    const { keys } = this.#access
    const places = status === undefined ? [] : [keys.list(status.list)]
    const answer = await this.#access.write(
      'addToken',
      [keys.subject(subject), keys.token(jti), keys.family(familyId), ...places],
      // By a clock that was measured a lifetime is no whole number of ms; Redis takes no other.
      [jti, familyId, Math.ceil(lifetimeMs + toleranceMs), formatToken(record), status?.index ?? ''],
    )
    return answer === 0 ? undefined : listOf(answer).map(textOf)
  }

  async find(jti: string): Promise<LiveToken | undefined> {
    const token = await this.#read(jti)
    return token && (await this.#liveAmong(token.subject, [token]))[0]
  }

  async wasRevoked(jti: string): Promise<boolean> {
    const token = await this.#read(jti)
    return token !== undefined && (await this.#revokedAmong(token.subject, [token])).length > 0
  }

  async list(subject: string, page: PageRequest): Promise<TokenPage> {
    const { limit, after } = parsePage(page)
    const found: { token: LiveToken; sequence: number }[] = []
    for (let start = after; ; ) {
      const members = await this.#access.readRange(this.#access.keys.subject(subject), `(${start}`, limit + 1)
      const live = await this.#liveAmong(subject, await this.#readAll(members))
      const byId = new Map(live.map(token => [token.jti, token]))
      for (const { member, score } of members) {
        const token = byId.get(member)
        if (token === undefined) continue
        if (found.length === limit) {
          return { tokens: found.map(one => one.token), cursor: String(found.at(-1)?.sequence) }
        }
        found.push({ token, sequence: score })
      }
      if (members.length <= limit) return { tokens: found.map(one => one.token) }
      start = members.at(-1)?.score ?? start
    }
  }

  async revoke(jti: string): Promise<Change | undefined> {
    const token = await this.#read(jti)
    if (token === undefined) return undefined
    const keys = [this.#access.keys.subject(token.subject)]
    return this.#access.change('revokeToken', keys, [newNonce(), ...describeState(token)])
  }

  revokeSubject(subject: string): Promise<Change | undefined> {
    return this.#access.change('revokeSubject', [this.#access.keys.subject(subject)], [newNonce(), subject])
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
    const tokens = await this.#readAll(places)
    const revoked = await Promise.all(
      groupBySubject(tokens).map(([subject, own]) => this.#revokedAmong(subject, own)),
    )
    const last = places.length < placesPerPage ? undefined : places.at(-1)
    return {
      indices: revoked.flat().flatMap(({ status }) => (status === undefined ? [] : [status.index])),
      next: last && last.score + 1,
    }
  }

  /** Removes from a subject's set what has died: it outlives the records. */
  async removeDead(subject: string, members: readonly string[]): Promise<void> {
    const { keys } = this.#access
    const candidates = members.filter(member => member !== '')
    if ((await this.#countExisting(candidates)) === candidates.length) return
    const counts = await Promise.all(candidates.map(member => this.#countExisting([member])))
    const dead = candidates.filter((_, index) => counts[index] === 0)
    if (dead.length > 0) await this.#access.send('ZREM', keys.subject(subject), ...dead)
  }

  async #countExisting(members: readonly string[]): Promise<number> {
    const [first, ...others] = members.map(member => this.#access.keys.member(member))
    return first === undefined ? 0 : numberOf((await this.#access.send('EXISTS', first, ...others)).value)
  }

  async #read(jti: string): Promise<StoredToken | undefined> {
    if (!isIdentifier(jti)) return undefined
    const text = await this.#access.readConstant('GET', this.#access.keys.token(jti))
    return text === undefined ? undefined : parseToken(jti, text)
  }

  async #readAll(members: readonly { member: string }[]): Promise<readonly StoredToken[]> {
    const tokens = await Promise.all(members.map(({ member }) => this.#read(member)))
    return tokens.filter(token => token !== undefined)
  }

  /** What lives, with the age it has on the store's clock. */
  async #liveAmong(subject: string, tokens: readonly StoredToken[]): Promise<readonly LiveToken[]> {
    const askedAtMs = this.#host.monotonicMs()
    const { nowMs, stateOf } = await this.#statesOf(subject, tokens)
    const halfTripMs = (this.#host.monotonicMs() - askedAtMs) / 2
    return tokens
      .filter((token, index) => stateOf(token, index) === 'live')
      .map(({ addedAtMs, lifetimeMs, toleranceMs: _, ...rest }) => ({
        ...rest,
        remainingMs: lifetimeMs - (nowMs - addedAtMs) - halfTripMs,
        errorMs: 1 + halfTripMs,
      }))
  }

  async #revokedAmong(subject: string, tokens: readonly StoredToken[]): Promise<readonly StoredToken[]> {
    const { stateOf } = await this.#statesOf(subject, tokens)
    return tokens.filter((token, index) => stateOf(token, index) === 'revoked')
  }

  async #statesOf(
    subject: string,
    tokens: readonly StoredToken[],
  ): Promise<{ nowMs: number; stateOf(token: StoredToken, index: number): TokenState | undefined }> {
    const { keys } = this.#access
    const args = tokens.flatMap(describeState)
    const answer =
      args.length === 0 ? [0] : await this.#access.run('tokenStates', [keys.subject(subject)], args)
    const [nowMs = 0, ...codes] = listOf(answer).map(numberOf)
    return {
      nowMs,
      stateOf: (token, index) => {
        const state = states[codes[index] ?? -1]
        // Redis may have lost what this process has seen.
        return state === 'live' && this.#memory.concerns(token) ? 'revoked' : state
      },
    }
  }
}

function groupBySubject(tokens: readonly StoredToken[]): readonly [string, readonly StoredToken[]][] {
  const groups = new Map<string, StoredToken[]>()
  for (const token of tokens) {
    const group = groups.get(token.subject)
    if (group === undefined) groups.set(token.subject, [token])
    else group.push(token)
  }
  return [...groups]
}
