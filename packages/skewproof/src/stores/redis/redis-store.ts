import type { HostClock } from '../../clock/host.ts'
import { OptionError } from '../../time/index.ts'
import { storeUnavailable } from '../../tokens/errors.ts'
import type {
  ChangeFeed,
  FamilyRotation,
  LiveToken,
  PageRequest,
  RefreshFamily,
  RevocationReceipt,
  RevokedPlaces,
  RotationOutcome,
  StoredDocument,
  TokenPage,
  TokenRecord,
  TokenStore,
} from '../../tokens/store.ts'
import { isIdentifier } from '../identifier.ts'
import { parseCursor, parsePage } from '../page.ts'
import type { Connection } from './connection.ts'
import { Follower } from './feed.ts'
import { Keys } from './keys.ts'
import { type LoggedChange, RevocationMemory } from './memory.ts'
import { NodeRedisConnection } from './node-redis.ts'
import { parseOptions, type RedisSettings, type RedisStoreOptions } from './options.ts'
import { describeState, formatToken, parseToken, type StoredToken } from './record.ts'
import { isReplicated } from './replication.ts'
import { isNothing, listOf, numberOf, textOf } from './reply.ts'
import { asStoreError, newNonce, ScriptRunner } from './runner.ts'
import type { Seal } from './seal.ts'
import { askSentinels } from './sentinel.ts'

/** A store that all processes of a fleet share. */
export interface RedisStore extends TokenStore {
  /**
   * Waits until this process knows all that was acknowledged anywhere before this call.
   *
   * @throws TokenError `ERR_STORE_UNAVAILABLE`
   */
  sync(): Promise<void>
  /** How long ago Redis was asked for the changes that this process knows, ms; `undefined` when it never was. */
  stalenessMs(): number | undefined
}

/**
 * The shared store: in Redis 7 or Valkey. It connects at once, and again for as long as it takes.
 *
 * @throws OptionError
 */
export function redisStore(options: RedisStoreOptions): RedisStore {
  return new SharedStore(parseOptions(options))
}

/** How many places of a status list are looked at in one go. */
const placesPerPage = 1000

/** How many revocations stick in this process when Redis loses them. */
const maxRemembered = 10_000

type TokenState = 'dead' | 'live' | 'revoked'

class SharedStore implements RedisStore {
  readonly maxStalenessMs: number
  readonly #host: HostClock
  readonly #keys: Keys
  readonly #seal: Seal | undefined
  /** Changes are followed on a connection of their own, so that no queue of commands delays them. */
  readonly #commands: Connection
  readonly #changes: Connection
  /** For what replicas are waited for; the others must not wait along. */
  readonly #replicated: Connection
  readonly #scripts: ScriptRunner
  readonly #durable: ScriptRunner
  readonly #replicas: number
  readonly #follower: Follower
  readonly #memory = new RevocationMemory(maxRemembered)
  readonly #underWay = new Set<Promise<unknown>>()
  #closed = false

  constructor(settings: RedisSettings) {
    const { keyPrefix, seal, maxStalenessMs, replicas, host } = settings
    this.maxStalenessMs = maxStalenessMs
    this.#host = host
    this.#keys = new Keys(keyPrefix)
    this.#seal = seal
    this.#replicas = replicas
    this.#commands = connect(settings)
    this.#changes = connect(settings)
    this.#replicated = replicas > 0 ? connect(settings) : this.#commands
    this.#scripts = new ScriptRunner(this.#commands, this.#keys)
    this.#durable = new ScriptRunner(this.#replicated, this.#keys)
    this.#follower = new Follower({
      connection: this.#changes,
      keys: this.#keys,
      host,
      maxStalenessMs,
      replicas,
      memory: this.#memory,
      repeat: lost => this.#repeat(lost),
    })
  }

  addToken(record: TokenRecord): Promise<boolean> {
    return this.#do(async () => {
      if (record.familyId !== undefined && !isIdentifier(record.familyId)) return false
      const { jti, subject, familyId = '', lifetimeMs, toleranceMs, status } = record
      const keys = [this.#keys.subject(subject), this.#keys.token(jti), this.#keys.family(familyId)]
      const answer = await this.#scripts.run(
        'addToken',
        status === undefined ? keys : [...keys, this.#keys.list(status.list)],
        [jti, familyId, lifetimeMs + toleranceMs, formatToken(record), status?.index ?? ''],
      )
      if (answer === 0) return false
      this.#removeDead(subject, listOf(answer).map(textOf))
      return true
    })
  }

  findToken(jti: string): Promise<LiveToken | undefined> {
    return this.#do(async () => {
      const token = await this.#readToken(jti)
      return token && (await this.#liveAmong(token.subject, [token]))[0]
    })
  }

  wasRevoked(jti: string): Promise<boolean> {
    return this.#do(async () => {
      const token = await this.#readToken(jti)
      if (token === undefined) return false
      const { states } = await this.#statesOf(token.subject, [token])
      return states[0] === 'revoked'
    })
  }

  listTokens(subject: string, page: PageRequest = {}): Promise<TokenPage> {
    return this.#do(async () => {
      const { limit, after } = parsePage(page)
      const found: { token: LiveToken; sequence: number }[] = []
      for (let start = after; ; ) {
        const members = await this.#readRange(this.#keys.subject(subject), `(${start}`, limit + 1)
        const tokens = await Promise.all(members.map(({ member }) => this.#readToken(member)))
        const live = await this.#liveAmong(subject, tokens.filter(isPresent))
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
    })
  }

  revokeToken(jti: string): Promise<RevocationReceipt> {
    return this.#do(async () => this.#receipt(await this.#revokeToken(jti)))
  }

  revokeSubject(subject: string): Promise<RevocationReceipt> {
    return this.#do(async () => this.#receipt(await this.#revokeSubject(subject)))
  }

  revokeFamily(familyId: string): Promise<RevocationReceipt> {
    return this.#do(async () => this.#receipt(await this.#revokeFamily(familyId)))
  }

  revokeOlderThan(ageMs: number, issuedBeforeSeconds: number): Promise<RevocationReceipt> {
    return this.#do(async () =>
      this.#receipt(await this.#durable.run('revokeOlderThan', [], [newNonce(), ageMs, issuedBeforeSeconds])),
    )
  }

  listRevoked(list: string, cursor?: string): Promise<RevokedPlaces> {
    return this.#do(async () => {
      const first = parseCursor(cursor)
      if (!isIdentifier(list)) return { indices: [] }
      const places = await this.#readRange(this.#keys.list(list), String(first), placesPerPage)
      const tokens = (await Promise.all(places.map(({ member }) => this.#readToken(member)))).filter(
        isPresent,
      )
      const revoked = await Promise.all(
        groupBySubject(tokens).map(async ([subject, own]) => {
          const { states } = await this.#statesOf(subject, own)
          return own.filter((_, index) => states[index] === 'revoked')
        }),
      )
      const indices = revoked.flat().map(({ status }) => status?.index)
      const last = places.length < placesPerPage ? undefined : places.at(-1)
      return {
        indices: indices.filter(isPresent),
        ...(last !== undefined && { cursor: String(last.score + 1) }),
      }
    })
  }

  addFamily(family: RefreshFamily): Promise<void> {
    return this.#do(async () => {
      const { familyId, subject, salt, generation, currentHash, grant, idleMs } = family
      await this.#scripts.run(
        'addFamily',
        [this.#keys.subject(subject), this.#keys.family(familyId)],
        [familyId, subject, salt, generation, currentHash, grant, idleMs],
      )
    })
  }

  findFamily(familyId: string): Promise<RefreshFamily | undefined> {
    return this.#do(async () => {
      const answer = await this.#runOnFamily('findFamily', familyId, [])
      if (isNothing(answer)) return undefined
      const [subject = '', salt = '', generation, currentHash = '', grant = '', idleMs] =
        listOf(answer).map(textOf)
      return {
        familyId,
        subject,
        salt,
        generation: Number(generation),
        currentHash,
        grant,
        idleMs: Number(idleMs),
      }
    })
  }

  rotateFamily({
    familyId,
    presentedHash,
    successorHash,
    graceMs,
  }: FamilyRotation): Promise<RotationOutcome> {
    return this.#do(async () => {
      const answer = await this.#runOnFamily('rotateFamily', familyId, [
        presentedHash,
        successorHash,
        graceMs,
      ])
      return answer === 'rotated' || answer === 'repeated' || answer === 'mismatch' ? answer : 'unknown'
    })
  }

  readDocument(name: string): Promise<StoredDocument> {
    return this.#do(async () => {
      const answer = await this.#scripts.run('readDocument', [this.#keys.document(name)])
      const [readAt, versionNumber, sealed] = listOf(answer)
      const readAtMs = numberOf(readAt)
      const version = numberOf(versionNumber)
      if (version === 0) return { version, value: undefined, readAtMs }
      if (this.#seal === undefined) throw storeUnavailable('its documents are encrypted; give encryptionKey')
      return { version, value: this.#seal.open(textOf(sealed), documentContext(name, version)), readAtMs }
    })
  }

  writeDocument(name: string, value: string, expectedVersion: number): Promise<boolean> {
    return this.#do(async () => {
      if (this.#seal === undefined) {
        throw new OptionError('encryptionKey', 'give 32 random bytes: documents hold the keys that sign')
      }
      const sealed = this.#seal.close(value, documentContext(name, expectedVersion + 1))
      const number = await this.#durable.run(
        'writeDocument',
        [this.#keys.document(name)],
        [newNonce(), name, expectedVersion, sealed],
      )
      return (await this.#receipt(number)).revoked
    })
  }

  openFeed(): ChangeFeed {
    this.#check()
    const feed = this.#follower.openFeed()
    return {
      take: () => {
        this.#check()
        return feed.take()
      },
      close: () => feed.close(),
    }
  }

  sync(): Promise<void> {
    return this.#do(() => this.#follower.sync())
  }

  stalenessMs(): number | undefined {
    return this.#follower.stalenessMs()
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#underWay)
    this.#follower.close()
    for (const connection of [this.#commands, this.#changes, this.#replicated]) connection.close()
  }

  #check(): void {
    if (this.#closed) throw storeUnavailable('it has been closed')
  }

  async #do<T>(work: () => Promise<T>): Promise<T> {
    this.#check()
    const running = work()
    this.#underWay.add(running)
    try {
      return await running
    } finally {
      this.#underWay.delete(running)
    }
  }

  /** What is acknowledged is also known to this process's own readers. */
  async #receipt(changeNumber: unknown): Promise<RevocationReceipt> {
    if (isNothing(changeNumber)) return { revoked: false, durability: 'acknowledged' }
    const durability = (await this.#isReplicated()) ? 'replicated' : 'acknowledged'
    // Where it cannot be read now, readers will be told that they are behind.
    await this.#follower.sync().catch(() => {})
    return { revoked: true, durability }
  }

  /** What is not known to be replicated counts as acknowledged: it was. */
  async #isReplicated(): Promise<boolean> {
    if (this.#replicas === 0) return false
    return isReplicated(this.#replicated, this.#keys, this.#replicas).catch(() => false)
  }

  async #send(key: string, command: readonly string[]): Promise<unknown> {
    try {
      return await this.#commands.send(key, command)
    } catch (error) {
      throw asStoreError(error)
    }
  }

  async #readToken(jti: string): Promise<StoredToken | undefined> {
    if (!isIdentifier(jti)) return undefined
    const key = this.#keys.token(jti)
    const text = await this.#send(key, ['GET', key])
    return isNothing(text) ? undefined : parseToken(jti, textOf(text))
  }

  /** What lives, is answered with the age it has on the store's clock. */
  async #liveAmong(subject: string, tokens: readonly StoredToken[]): Promise<readonly LiveToken[]> {
    const askedAtMs = this.#host.monotonicMs()
    const { nowMs, states } = await this.#statesOf(subject, tokens)
    const halfTripMs = (this.#host.monotonicMs() - askedAtMs) / 2
    return tokens
      .filter((_, index) => states[index] === 'live')
      .map(({ addedAtMs, lifetimeMs, toleranceMs: _, ...rest }) => ({
        ...rest,
        remainingMs: lifetimeMs - (nowMs - addedAtMs) - halfTripMs,
        errorMs: 1 + halfTripMs,
      }))
  }

  async #statesOf(
    subject: string,
    tokens: readonly StoredToken[],
  ): Promise<{ nowMs: number; states: readonly (TokenState | undefined)[] }> {
    if (tokens.length === 0) return { nowMs: 0, states: [] }
    const [nowMs = 0, ...codes] = listOf(
      await this.#scripts.run('tokenStates', [this.#keys.subject(subject)], tokens.flatMap(describeState)),
    ).map(numberOf)
    const names = ['dead', 'live', 'revoked'] as const
    const states = codes.map(code => names[code])
    // Redis may have lost what this process has seen.
    const isLost = (index: number): boolean => {
      const token = tokens[index]
      return states[index] === 'live' && token !== undefined && this.#memory.concerns(token)
    }
    return { nowMs, states: states.map((state, index) => (isLost(index) ? 'revoked' : state)) }
  }

  /** The members of a sorted set from a score on. */
  async #readRange(
    key: string,
    start: string,
    limit: number,
  ): Promise<readonly { member: string; score: number }[]> {
    const range = [start, '+inf', 'BYSCORE', 'LIMIT', '0', String(limit), 'WITHSCORES']
    return listOf(await this.#send(key, ['ZRANGE', key, ...range])).map(pair => {
      const [member, score] = listOf(pair)
      return { member: textOf(member), score: numberOf(score) }
    })
  }

  async #revokeToken(jti: string): Promise<unknown> {
    const token = await this.#readToken(jti)
    if (token === undefined) return null
    const args = [newNonce(), ...describeState(token)]
    return this.#durable.run('revokeToken', [this.#keys.subject(token.subject)], args)
  }

  #revokeSubject(subject: string): Promise<unknown> {
    return this.#durable.run('revokeSubject', [this.#keys.subject(subject)], [newNonce(), subject])
  }

  #revokeFamily(familyId: string): Promise<unknown> {
    return this.#runOnFamily('revokeFamily', familyId, [newNonce()], this.#durable)
  }

  /** Other processes may do the same at the same time. */
  async #repeat({ change, sweep }: LoggedChange): Promise<void> {
    if (change.kind === 'token') await this.#revokeToken(change.jti)
    if (change.kind === 'subject') await this.#revokeSubject(change.subject)
    if (change.kind === 'family') await this.#revokeFamily(change.familyId)
    if (sweep === undefined) return
    const { addedBeforeMs, issuedBeforeSeconds } = sweep
    await this.#durable.run('revokeOlderThan', [], [newNonce(), '', issuedBeforeSeconds, addedBeforeMs])
  }

  /** The subject is needed to name the keys; it never changes. */
  async #runOnFamily(
    name: 'findFamily' | 'rotateFamily' | 'revokeFamily',
    familyId: string,
    args: readonly (string | number)[],
    scripts = this.#scripts,
  ): Promise<unknown> {
    if (!isIdentifier(familyId)) return null
    const key = this.#keys.family(familyId)
    const subject = await this.#send(key, ['HGET', key, 'subject'])
    if (isNothing(subject)) return null
    const answer = await scripts.run(name, [this.#keys.subject(textOf(subject)), key], [familyId, ...args])
    return name === 'findFamily' && !isNothing(answer) ? [subject, ...listOf(answer)] : answer
  }

  /** A large set forgets what has died bit by bit, in the background: its entries outlive the records. */
  #removeDead(subject: string, members: readonly string[]): void {
    const removal = this.#do(async () => {
      const records = members.filter(member => member !== '').map(member => this.#keys.member(member))
      if (records.length === 0 || (await this.#countExisting(records)) === records.length) return
      const isDead = await Promise.all(
        members.map(
          async member => member !== '' && (await this.#countExisting([this.#keys.member(member)])) === 0,
        ),
      )
      const dead = members.filter((_, index) => isDead[index])
      const key = this.#keys.subject(subject)
      if (dead.length > 0) await this.#send(key, ['ZREM', key, ...dead])
    })
    // There will be another opportunity.
    removal.catch(() => {})
  }

  async #countExisting(keys: readonly string[]): Promise<number> {
    return numberOf(await this.#send(keys[0] ?? '', ['EXISTS', ...keys]))
  }
}

function connect({ server, sentinel, commandTimeoutMs, host }: RedisSettings): Connection {
  const ask = sentinel && askSentinels(sentinel.name, sentinel.nodes, commandTimeoutMs)
  const locate = async () => (ask === undefined ? server : { ...server, ...(await ask()) })
  return new NodeRedisConnection({ locate, commandTimeoutMs, host })
}

/** An encrypted document is good only as what it is. */
function documentContext(name: string, version: number): string {
  return `skewproof document ${version} ${name}`
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

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined
}
