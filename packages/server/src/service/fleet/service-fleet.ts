import { type BoundedClock, formatDuration, type TokenService, type TokenStore } from 'skewproof'
import {
  describeFleet,
  type FleetKnowledge,
  FleetMember,
  type FleetStatus,
  IssuerWatch,
  type Happening as NodeHappening,
  type NodeIdentity,
  type ReadinessReason,
} from 'skewproof/fleet'
import { HttpError } from 'skewproof/http'
import { observedFleet, type WithFleet } from 'skewproof/stores'
import { changesOf } from './changes.ts'
import { EventStream, type Reader, type ServerEvent } from './event-stream.ts'
import { type Happening, Journal } from './journal.ts'
import { describeChanges, StoreChanges } from './store-happenings.ts'
import { VerdictCounter } from './verdict-counter.ts'

/** How often changes are looked for, and readers told. */
const tickMs = 1000
/** For so long one reading of all descriptions serves all who ask. */
const statusForMs = 500
const maxReaders = 100
/** How many of a node's own happenings all others can see. */
const toldHappenings = 5

export interface StreamRequest extends Omit<Reader, 'expiresAtMs'> {
  /** The last event that the reader has seen. */
  readonly lastEventId: string | readonly string[] | undefined
}

const draining: ReadinessReason = { code: 'draining', text: 'it is shutting down' }

/** This process as a node of the fleet, and the fleet as this process sees it. */
export class ServiceFleet {
  /** A source of time for this process's clock; by asking it, the clock leaves word of this node. */
  readonly member: FleetMember
  readonly #issuers = new IssuerWatch()
  readonly #verdicts = new VerdictCounter()
  readonly #stream = new EventStream(maxReaders)
  readonly #journal = new Journal(happening => this.#stream.send(eventOf(happening)))
  readonly #changes: StoreChanges
  readonly #timer: NodeJS.Timeout
  #clock: BoundedClock | undefined
  #told: readonly NodeHappening[] = []
  #happenings = 0
  #reasons: readonly ReadinessReason[] = []
  #isReady = true
  #status: Promise<FleetStatus> | undefined
  #sent: FleetStatus | undefined

  constructor(store: TokenStore & WithFleet, identity: NodeIdentity) {
    this.#changes = new StoreChanges(store)
    this.member = new FleetMember({
      store: observedFleet(store),
      identity,
      describe: () => ({
        verdictsPerSecond: this.#verdicts.perSecond(),
        happenings: this.#told,
        reasons: this.#reasons,
      }),
      onBeat: knowledge => this.#noteReadiness(knowledge),
    })
    this.#timer = setInterval(() => void this.#tick(), tickMs)
    this.#timer.unref()
  }

  /** Takes note of what happens to the clock and to tokens. */
  watch(clock: BoundedClock, tokens: TokenService): void {
    this.#clock = clock
    // That nothing was known until now is no news.
    this.#changes.take()
    clock.on('step', ({ stepMs }) =>
      this.#tell(
        'step',
        `Its wall clock was set ${stepMs > 0 ? 'forwards' : 'back'} by ${spanOf(stepMs)}`,
        stepMs,
      ),
    )
    clock.on('suspend', ({ suspendedMs }) =>
      this.#tell('suspend', `It slept for ${spanOf(suspendedMs)}`, suspendedMs),
    )
    tokens.on('verification', verification => {
      this.#verdicts.note(verification)
      const { claims, clock: reading } = verification
      if (claims?.iss !== undefined && claims.iat !== undefined)
        this.#issuers.note({ issuer: claims.iss, issuedAtSeconds: claims.iat, clock: reading })
    })
  }

  /** What this node knows of the fleet as of its last heartbeat; `undefined` before the first. */
  get knowledge(): FleetKnowledge | undefined {
    return this.member.knowledge
  }

  /**
   * The whole fleet, now.
   *
   * @throws TokenError `ERR_STORE_UNAVAILABLE`
   */
  status(): Promise<FleetStatus> {
    if (this.#status === undefined) {
      const forget = (): void => {
        this.#status = undefined
      }
      this.#status = this.#readStatus()
      this.#status.then(() => setTimeout(forget, statusForMs).unref(), forget)
    }
    return this.#status
  }

  /** @throws HttpError 503 while this node's clock is outvoted */
  requireReady(): void {
    if (this.#isReady) return
    const view = this.knowledge?.view
    const others = view?.kind === 'utc' ? `: ${view.agreeing.length} others contradict it` : ''
    throw new HttpError(
      503,
      'ERR_CLOCK_OUTVOTED',
      `what this node's own time sources say is outvoted${others}`,
      {
        headers: { 'retry-after': '5' },
      },
    )
  }

  /** Says from the next heartbeat on that this node takes no traffic. */
  startDraining(): void {
    this.#reasons = [draining]
  }

  /**
   * Answers with the stream of what happens, for as long as its reader may read it.
   *
   * @throws HttpError 401 or 403 when the reader may not, 503 when there are too many
   * @throws TokenError `ERR_STORE_UNAVAILABLE`
   */
  async stream({ lastEventId, ...reader }: StreamRequest): Promise<void> {
    const { expiresAtMs } = await reader.authorize()
    if (this.#stream.isFull) throw tooManyReaders()
    const status = await this.status()
    if (this.#stream.isFull) throw tooManyReaders()
    this.#noteHappeningsOf(status)
    this.#sent ??= status
    const missed = this.#journal.since(typeof lastEventId === 'string' ? lastEventId : undefined)
    this.#stream.add({ ...reader, expiresAtMs }, [{ event: 'fleet', data: status }, ...missed.map(eventOf)])
  }

  /** Ends all streams, and takes this node out of the fleet. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#changes.close()
    this.closeStreams()
    await this.member.leave()
  }

  closeStreams(): void {
    this.#stream.close()
  }

  async #readStatus(): Promise<FleetStatus> {
    const descriptions = await this.member.readDescriptions()
    const serverTimeMs = this.#nowMs()
    return describeFleet(descriptions, {
      self: this.member.identity.node,
      serverTimeMs,
      view: this.knowledge?.view ?? { kind: 'pending' },
      alarm: this.knowledge?.alarm ?? null,
      staleAfterMs: this.knowledge?.staleAfterMs ?? 0,
      issuers: this.#issuers.report(serverTimeMs),
    })
  }

  async #tick(): Promise<void> {
    const verdicts = this.#verdicts.endSecond()
    const changes = this.#changes.take()
    for (const { kind, text } of describeChanges(changes)) this.#note(kind, null, text)
    // Any change may be the end of somebody's login.
    this.#stream.expire(changes.length > 0 ? Number.POSITIVE_INFINITY : this.#nowMs())
    if (this.#stream.readers === 0) {
      this.#sent = undefined
      return
    }
    if (verdicts.length > 0) this.#stream.send({ event: 'verdicts', data: { atMs: this.#nowMs(), verdicts } })
    // While the store cannot be asked there is nothing to tell.
    const status = await this.status().catch(() => undefined)
    if (status === undefined) return
    this.#noteHappeningsOf(status)
    if (this.#sent !== undefined) this.#stream.send({ event: 'nodes', data: changesOf(this.#sent, status) })
    this.#sent = status
  }

  #noteReadiness({ readiness }: FleetKnowledge): void {
    if (readiness.ready === this.#isReady) return
    this.#isReady = readiness.ready
    this.#tell(
      'readiness',
      readiness.ready
        ? 'It takes traffic again: the others agree with its time sources'
        : 'It takes no traffic: the others outvote its time sources',
    )
  }

  /** Something happened to this node, which the others are told with its next heartbeat. */
  #tell(kind: NodeHappening['kind'], text: string, byMs: number | null = null): void {
    const { id, atMs } = this.#note(kind, this.member.identity.node, text, byMs)
    this.#told = [...this.#told, { id, atMs, kind, byMs, text }].slice(-toldHappenings)
  }

  #noteHappeningsOf({ nodes }: FleetStatus): void {
    const told = nodes.flatMap(({ node, happenings }) =>
      happenings.map(happening => ({ ...happening, node })),
    )
    for (const { byMs, ...happening } of told.toSorted((one, other) => one.atMs - other.atMs))
      this.#journal.note({ ...happening, ...(byMs !== null && { byMs }) })
  }

  #note(kind: Happening['kind'], node: string | null, text: string, byMs: number | null = null): Happening {
    this.#happenings += 1
    const id = `${this.member.identity.node}-${this.#happenings}`
    const happening = { id, atMs: this.#nowMs(), kind, node, text, ...(byMs !== null && { byMs }) }
    this.#journal.note(happening)
    return happening
  }

  #nowMs(): number {
    return this.#clock?.now().timeMs ?? 0
  }
}

function eventOf(happening: Happening): ServerEvent {
  return { event: 'happening', id: happening.id, data: happening }
}

function spanOf(ms: number): string {
  return formatDuration(Math.abs(ms))
}

function tooManyReaders(): HttpError {
  return new HttpError(
    503,
    'ERR_TOO_MANY_STREAMS',
    `there are ${maxReaders} readers of events, and no more are taken`,
    {
      headers: { 'retry-after': '10' },
    },
  )
}
