import type { HostClock } from '../../clock/host.ts'
import { storeUnavailable } from '../../tokens/errors.ts'
import type { ChangeFeed, StoreChange } from '../../tokens/store.ts'
import { ChangeLog } from '../change-log.ts'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'
import type { LoggedChange, RevocationMemory, Sweep } from './memory.ts'
import { isReplicated } from './replication.ts'
import { isNothing, listOf, numberOf, textOf } from './reply.ts'
import { ScriptRunner } from './runner.ts'

const logCapacity = 10_000
/** How many changes one reading takes at most. */
const batchSize = 1000
/** How old the store's time that is written down may become before it is written anew. */
const tickAfterMs = 1000
/** How many times it is asked within the time that an answer may be old. */
const readingsPerBound = 4

export interface FollowerOptions {
  readonly connection: Connection
  readonly keys: Keys
  readonly host: HostClock
  readonly maxStalenessMs: number
  /** How many replicas must follow a primary that is to be believed. */
  readonly replicas: number
  readonly memory: RevocationMemory
  /** Says a revocation to Redis again, which has lost it. */
  readonly repeat: (lost: LoggedChange) => Promise<unknown>
}

/**
 * Follows the change log in Redis. A message on a channel says that there is something new; what counts is what is read then,
 * and every so often without a message: an answer proves that all is known that was acknowledged before it was asked for.
 * So a lost message, a frozen server and a connection that only seems to be there are the same: no proof.
 */
export class Follower {
  readonly #scripts: ScriptRunner
  /** Whether enough replicas follow the primary. */
  readonly #isFollowed: () => Promise<boolean>
  readonly #host: HostClock
  readonly #maxStalenessMs: number
  readonly #memory: RevocationMemory
  readonly #repeat: (lost: LoggedChange) => Promise<unknown>
  readonly #log = new ChangeLog(logCapacity)
  readonly #timer: NodeJS.Timeout
  #position = ''
  #identity = 0
  #reading: Promise<void> | undefined
  #next: Promise<void> | undefined
  /** When that was asked which has been answered last. */
  #askedAt: Instant | undefined

  constructor(options: FollowerOptions) {
    const { connection, keys, host, maxStalenessMs, replicas, memory, repeat } = options
    this.#scripts = new ScriptRunner(connection, keys)
    this.#isFollowed = async () => {
      if (replicas === 0) return true
      await this.#scripts.run('beat')
      return isReplicated(connection, keys, replicas)
    }
    this.#host = host
    this.#maxStalenessMs = maxStalenessMs
    this.#memory = memory
    this.#repeat = repeat
    connection.subscribe(keys.changes, () => this.#wake())
    this.#timer = setInterval(() => this.#wake(), maxStalenessMs / readingsPerBound)
    this.#timer.unref()
    this.#wake()
  }

  openFeed(): ChangeFeed {
    return this.#log.openFeed(() => this.#check())
  }

  /**
   * Reads the change log; afterwards all is known that was acknowledged anywhere before this call.
   *
   * @throws TokenError `ERR_STORE_UNAVAILABLE`
   */
  sync(): Promise<void> {
    if (this.#next !== undefined) return this.#next
    if (this.#reading === undefined) return this.#begin()
    // The one under way may have been asked before.
    this.#next = this.#reading.catch(() => {}).then(() => this.#begin())
    return this.#next
  }

  /** How old the newest proof is; `undefined` when there is none yet. */
  stalenessMs(): number | undefined {
    if (this.#askedAt === undefined) return undefined
    const { monotonicMs, wallMs } = this.#now()
    // The monotonic clock stands still while the machine sleeps; the wall clock does not, but can be set back.
    return Math.max(monotonicMs - this.#askedAt.monotonicMs, wallMs - this.#askedAt.wallMs)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #wake(): void {
    // Where it fails, the proof grows old, and that is what readers are told.
    this.sync().catch(() => {})
  }

  #begin(): Promise<void> {
    this.#next = undefined
    const reading = this.#read().finally(() => {
      this.#reading = undefined
    })
    this.#reading = reading
    return reading
  }

  async #read(): Promise<void> {
    for (;;) {
      const askedAt = this.#now()
      const answer = await this.#scripts.run('readChanges', [], [this.#position, batchSize])
      const [unnoted, identity, oldest, position, entries, nowMs] = listOf(answer)
      const changes = isNothing(entries) ? undefined : listOf(entries).map(parseChange)
      if (changes === undefined) await this.#resume(numberOf(identity), textOf(oldest))
      for (const logged of changes ?? []) this.#note(logged, numberOf(nowMs))
      this.#identity = numberOf(identity)
      this.#position = textOf(position)
      if (changes?.length === batchSize) continue
      if (!(await this.#isFollowed())) throw storeUnavailable('too few replicas follow the primary')
      this.#askedAt = askedAt
      const unnotedMs = numberOf(unnoted)
      if (unnotedMs < 0 || unnotedMs >= tickAfterMs) this.#scripts.run('tick').catch(() => {})
      return
    }
  }

  #note(logged: LoggedChange | undefined, nowMs: number): void {
    if (logged === undefined) return
    this.#log.append({ ...logged.change, ageMs: Math.max(0, nowMs - logged.atMs) })
    this.#memory.note(logged)
  }

  /** The change that was read last is not there: it was trimmed, or the history in Redis is another one. */
  async #resume(identity: number, oldest: string): Promise<void> {
    if (identity !== this.#identity) this.#memory.clear()
    else if (countOf(this.#position) >= countOf(oldest)) await this.#repeatLost(oldest)
    this.#log.append(everything)
  }

  async #repeatLost(oldest: string): Promise<void> {
    const newest = this.#memory.newest().filter(({ number }) => countOf(number) >= countOf(oldest))
    const missing = await this.#scripts.run(
      'countMissing',
      [],
      newest.map(({ number }) => number),
    )
    for (const lost of newest.slice(0, numberOf(missing)).reverse()) await this.#repeat(lost)
  }

  #check(): void {
    const stalenessMs = this.stalenessMs()
    if (stalenessMs === undefined) throw storeUnavailable('nothing has been heard of Redis yet')
    if (stalenessMs > this.#maxStalenessMs) {
      throw storeUnavailable(`nothing has been heard of Redis for ${Math.round(stalenessMs)} ms`)
    }
  }

  #now(): Instant {
    return { monotonicMs: this.#host.monotonicMs(), wallMs: this.#host.wallMs() }
  }
}

interface Instant {
  readonly monotonicMs: number
  readonly wallMs: number
}

const everything: StoreChange = { kind: 'everything' }

/** The part of a change's number that counts. */
function countOf(number: string): number {
  return Number.parseInt(number, 10)
}

/** An entry of the stream: its number, the change as a field with its value, and the time. */
function parseChange(entry: unknown): LoggedChange | undefined {
  const [number, fields] = listOf(entry)
  const [kind = '', value = '', , at] = listOf(fields).map(textOf)
  if (kind === 'begin') return undefined
  const change = changeOf(kind, value)
  const sweep = change.kind === 'everything' ? sweepOf(value) : undefined
  return { number: textOf(number), change, atMs: Number(at), sweep }
}

function changeOf(kind: string, value: string): StoreChange {
  switch (kind) {
    case 'token':
      return { kind, jti: value }
    case 'subject':
      return { kind, subject: value }
    case 'family':
      return { kind, familyId: value }
    case 'document':
      return { kind, name: value }
    default:
      // Also what a newer version may write: to know nothing is always right.
      return everything
  }
}

function sweepOf(value: string): Sweep | undefined {
  const [addedBeforeMs = Number.NaN, issuedBeforeSeconds = Number.NaN] = value.split(' ').map(Number)
  return Number.isNaN(issuedBeforeSeconds) ? undefined : { addedBeforeMs, issuedBeforeSeconds }
}
