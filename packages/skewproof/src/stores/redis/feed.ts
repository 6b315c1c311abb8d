import type { HostClock } from '../../clock/host.ts'
import { storeUnavailable } from '../../tokens/errors.ts'
import type { StoreChange } from '../../tokens/store.ts'
import type { ChangeLog } from '../change-log.ts'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'
import type { LoggedChange, RevocationMemory, Sweep } from './memory.ts'
import { isNothing, listOf, numberOf, textOf } from './reply.ts'
import { ScriptRunner } from './runner.ts'

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
  /** Where changes are put for this process's readers. */
  readonly log: ChangeLog
  /** Says a revocation to Redis again, which has lost it. */
  readonly repeat: (lost: LoggedChange) => Promise<unknown>
}

/**
 * Follows the change log of one shard. A message on a channel says that there is something new; what counts is what is read then,
 * and every so often without a message: an answer proves that all is known that was acknowledged before it was asked for.
 * So a lost message, a frozen server and a connection that only seems to be there are the same: no proof.
 */
export class Follower {
  readonly #options: FollowerOptions
  readonly #scripts: ScriptRunner
  readonly #timer: NodeJS.Timeout
  #position = ''
  #identity = 0
  #reading: Promise<void> | undefined
  #next: Promise<void> | undefined
  #proof: Proof | undefined

  constructor(options: FollowerOptions) {
    const { connection, keys, maxStalenessMs, replicas } = options
    this.#options = options
    this.#scripts = new ScriptRunner(connection, keys, replicas)
    connection.subscribe(keys.changes, this.#wake)
    this.#timer = setInterval(this.#wake, maxStalenessMs / readingsPerBound)
    this.#timer.unref()
    this.#wake()
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

  /**
   * Makes sure that this server was lately the primary that enough replicas follow, where any must: one that was cut off from
   * them goes on answering with what it had.
   *
   * @throws TokenError `ERR_STORE_UNAVAILABLE`
   */
  async confirm(server: string): Promise<void> {
    if (this.#options.replicas === 0 || this.#isProven(server)) return
    await this.sync()
    if (!this.#isProven(server)) throw storeUnavailable('it is not certain who the primary is')
  }

  /** How old the newest proof is; `undefined` when there is none yet. */
  stalenessMs({ monotonicMs, wallMs }: Instant): number | undefined {
    if (this.#proof === undefined) return undefined
    const { askedAt } = this.#proof
    // The monotonic clock stands still while the machine sleeps; the wall clock does not, but can be set back.
    return Math.max(monotonicMs - askedAt.monotonicMs, wallMs - askedAt.wallMs)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #isProven(server: string): boolean {
    const stalenessMs = this.stalenessMs(instantOf(this.#options.host)) ?? Number.POSITIVE_INFINITY
    return this.#proof?.server === server && stalenessMs <= this.#options.maxStalenessMs
  }

  // Where it fails, the proof grows old, and that is what readers are told.
  readonly #wake = (): void => {
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
    const { host, replicas } = this.#options
    for (;;) {
      const askedAt = instantOf(host)
      // Replicas acknowledge only what was written.
      const script = replicas > 0 ? 'readChangesAndWrite' : 'readChanges'
      const { value, server, isReplicated } = await this.#scripts.run(script, [], [this.#position, batchSize])
      const [unnoted, identity, oldest, position, entries, nowMs] = listOf(value)
      const changes = isNothing(entries) ? undefined : listOf(entries).map(parseChange)
      if (changes === undefined) await this.#resume(numberOf(identity), textOf(oldest))
      for (const logged of changes ?? []) this.#note(logged, numberOf(nowMs))
      this.#identity = numberOf(identity)
      this.#position = textOf(position)
      if (changes?.length === batchSize) continue
      if (replicas > 0 && !isReplicated) throw storeUnavailable('too few replicas follow the primary')
      this.#proof = { askedAt, server }
      const unnotedMs = numberOf(unnoted)
      if (unnotedMs < 0 || unnotedMs >= tickAfterMs) this.#scripts.run('tick').catch(() => {})
      return
    }
  }

  #note(logged: LoggedChange | undefined, nowMs: number): void {
    if (logged === undefined) return
    this.#options.log.append({ ...logged.change, ageMs: Math.max(0, nowMs - logged.atMs) })
    this.#options.memory.note(logged)
  }

  /** The change that was read last is not there: it was trimmed, or the history in Redis is another one. */
  async #resume(identity: number, oldest: string): Promise<void> {
    if (identity !== this.#identity) this.#options.memory.clear()
    else if (countOf(this.#position) >= countOf(oldest)) await this.#repeatLost(oldest)
    this.#options.log.append(everything)
  }

  async #repeatLost(oldest: string): Promise<void> {
    const newest = this.#options.memory.newest().filter(({ number }) => countOf(number) >= countOf(oldest))
    const { value: missing } = await this.#scripts.run(
      'countMissing',
      [],
      newest.map(({ number }) => number),
    )
    for (const lost of newest.slice(0, numberOf(missing)).reverse()) await this.#options.repeat(lost)
  }
}

/** What was asked when, and of whom, that was answered last. */
interface Proof {
  readonly askedAt: Instant
  readonly server: string
}

export interface Instant {
  readonly monotonicMs: number
  readonly wallMs: number
}

export function instantOf(host: HostClock): Instant {
  return { monotonicMs: host.monotonicMs(), wallMs: host.wallMs() }
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
