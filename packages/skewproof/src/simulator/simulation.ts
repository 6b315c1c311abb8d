import type { SimulatedHost } from './clock-model.ts'
import { policiesOf, type SimulatedPolicy } from './policies.ts'
import type { PolicyName, Scenario } from './scenario.ts'
import type { SimulatedServer } from './server.ts'
import type { SimulatedStore } from './store.ts'
import { type Answer, type PolicyResult, Tally } from './tally.ts'
import { issueBounded, issuePlain, type SimulatedToken } from './tokens.ts'
import { type TrafficEvent, trafficOf } from './traffic.ts'
import { buildWorld, type SimulatedWorld } from './world.ts'

export interface SimulationResult {
  readonly scenario: string
  readonly seed: number
  readonly simulatedSeconds: number
  readonly servers: number
  /** How often a policy judged a token. */
  readonly verifications: number
  readonly policies: readonly PolicyResult[]
  readonly clocks: ClockResult
  /** How long it took at most until servers heard of a revocation by Skewproof's store. */
  readonly maxRevocationHeardMs: number
}

/** How the bounded clocks did, read with each request. */
export interface ClockResult {
  readonly readings: number
  /** Readings that could be relied on. */
  readonly reliable: number
  /** Reliable readings whose bound did not hold true time. */
  readonly violations: number
  readonly maxErrorMs: number
  /** How often each server compares its clock with the others', by the store. */
  readonly beatEveryMs: number
}

/** True time at the beginning, ms since the Unix epoch: any will do. */
const startMs = 1_800_000_000_000

/** Of a machine that does nothing. */
const noAnswer: Answer = { outcome: 'unavailable', boundMs: 0 }

const noReadings = { readings: 0, reliable: 0, violations: 0, maxErrorMs: 0 }

interface Judged {
  readonly policy: SimulatedPolicy
  readonly tally: Tally
}

interface Client {
  readonly plain: SimulatedToken | undefined
  readonly bounded: SimulatedToken | undefined
}

/**
 * A fleet under several policies at once, on the same traffic. The same scenario gives the same numbers, on every machine.
 *
 * ```ts
 * const { policies } = simulate(readScenario({ servers: [{ count: 4 }, { clock: { offsetSeconds: 180 } }] }))
 * ```
 */
export function simulate(scenario: Scenario): SimulationResult {
  const simulation = new Simulation(scenario)
  simulation.advance(scenario.durationSeconds)
  return simulation.result()
}

/**
 * A simulation that can be watched and interfered with.
 *
 * ```ts
 * simulation.servers[2]?.host.setOffset(180_000)
 * simulation.startCounting()
 * simulation.advance(10)
 * console.log(simulation.result().policies)
 * ```
 */
export class Simulation {
  readonly servers: readonly SimulatedServer[]
  readonly store: SimulatedStore
  /** Who issues instead of the servers. */
  readonly issuer: SimulatedHost | undefined
  readonly #scenario: Scenario
  readonly #world: SimulatedWorld
  readonly #policies: readonly SimulatedPolicy[]
  #judged: readonly Judged[] = []
  readonly #clients = new Map<number, Client>()
  #countingSinceMs = startMs
  #clocks = { ...noReadings }
  #verifications = 0
  #maxRevocationHeardMs = 0
  #nextServer = 0
  #nextIssuer = 0

  constructor(scenario: Scenario) {
    this.#scenario = scenario
    this.#world = buildWorld(scenario, startMs, (name, count) => this.#countStoreOperations(name, count))
    this.servers = this.#world.servers
    this.store = this.#world.store
    this.issuer = this.#world.issuer
    this.#policies = policiesOf(scenario)
    this.startCounting()
    const traffic = trafficOf(scenario, this.#world.random.fork())
    this.#playNext(traffic)
  }

  /** Seconds from the beginning. */
  get passedSeconds(): number {
    return (this.#world.timeline.nowMs - startMs) / 1000
  }

  /** True time, ms since the Unix epoch, which no server knows. */
  get trueMs(): number {
    return this.#world.timeline.nowMs
  }

  advance(seconds: number): void {
    this.#world.timeline.runUntil(this.#world.timeline.nowMs + seconds * 1000)
  }

  /** Forgets what was counted: `result` tells what happens from now on. */
  startCounting(): void {
    this.#countingSinceMs = Math.max(startMs, this.#world.timeline.nowMs)
    this.#judged = this.#policies.map(policy => ({ policy, tally: new Tally(policy.name) }))
    this.#clocks = { ...noReadings }
    this.#verifications = 0
    this.#maxRevocationHeardMs = 0
  }

  /** What was counted from the beginning, or since `startCounting`. */
  result(): SimulationResult {
    return {
      scenario: this.#scenario.name,
      seed: this.#scenario.seed,
      simulatedSeconds: (this.#world.timeline.nowMs - this.#countingSinceMs) / 1000,
      servers: this.servers.length,
      verifications: this.#verifications,
      policies: this.#judged.map(({ tally }) => tally.result()),
      clocks: {
        ...this.#clocks,
        beatEveryMs: this.#world.beatEveryMs,
      },
      maxRevocationHeardMs: this.#maxRevocationHeardMs,
    }
  }

  #playNext(traffic: Iterator<TrafficEvent, void, void>): void {
    const { value: event } = traffic.next()
    if (event === undefined) return
    this.#world.timeline.at(startMs + event.atMs, () => {
      this.#play(event)
      this.#playNext(traffic)
    })
  }

  #play(event: TrafficEvent): void {
    if (event.kind === 'login') this.#login(event)
    else {
      const client = this.#clients.get(event.client)
      if (client === undefined) return
      if (event.kind === 'use') this.#use(client)
      else if (event.kind === 'revoke') this.#revoke(client)
      else this.#clients.delete(event.client)
    }
  }

  #login({ client, token }: TrafficEvent): void {
    const server = this.#pickIssuer()
    if (server.isSuspended) return
    const { nowMs } = this.#world.timeline
    const hasStore = this.store.answers(server)
    const host = this.issuer ?? server.host
    const wallMs = host.wallMs()
    const plain = issuePlain(token, wallMs, nowMs, this.store, wallMs >= this.#world.scene.keyRotatesAtMs)
    const isBounded = hasStore && this.issuer === undefined
    if (hasStore) this.#countStoreOperations('textbook', 1)
    if (isBounded) this.#countStoreOperations('auto', 1)
    this.#clients.set(client, {
      plain,
      bounded: isBounded ? issueBounded(token, server, nowMs, this.store) : undefined,
    })
  }

  #use(client: Client): void {
    const server = this.#pickServer()
    const { nowMs } = this.#world.timeline
    this.#readClock(server, nowMs)
    const { isSuspended } = server
    for (const { policy, tally } of this.#judged) {
      const token = client[policy.family]
      if (token === undefined) continue
      const answer = isSuspended ? noAnswer : policy.verify(token, server, this.#world.scene)
      this.#verifications += 1
      tally.add(answer, nowMs - token.diesAtMs, nowMs - token.revokedAtMs)
    }
  }

  #revoke({ plain, bounded }: Client): void {
    const { nowMs } = this.#world.timeline
    // A message that there is something new, and then the reading of it.
    const heardAfterMs = this.store.roundTripMs() * 1.5
    this.#maxRevocationHeardMs = Math.max(this.#maxRevocationHeardMs, heardAfterMs)
    for (const token of [plain, bounded]) {
      if (token === undefined) continue
      token.revokedAtMs = nowMs
      token.revocationSeenAtMs = nowMs + heardAfterMs
    }
  }

  #readClock(server: SimulatedServer, trueMs: number): void {
    const { timeMs, errorMs, status } = server.now()
    this.#clocks.readings += 1
    if (status !== 'synchronized' && status !== 'holdover') return
    this.#clocks.reliable += 1
    this.#clocks.maxErrorMs = Math.max(this.#clocks.maxErrorMs, errorMs)
    // Instants are known to a quarter of a microsecond.
    if (Math.abs(timeMs - trueMs) > errorMs + 1e-3) this.#clocks.violations += 1
  }

  /** As a load balancer that gives each server its turn. */
  #pickServer(): SimulatedServer {
    this.#nextServer = (this.#nextServer + 1) % this.servers.length
    return this.#serverAt(this.#nextServer)
  }

  #pickIssuer(): SimulatedServer {
    this.#nextIssuer = (this.#nextIssuer + 1) % this.servers.length
    return this.#serverAt(this.#nextIssuer)
  }

  #serverAt(index: number): SimulatedServer {
    const server = this.servers[index]
    if (server === undefined) throw new RangeError('there are no servers')
    return server
  }

  #countStoreOperations(name: PolicyName, count: number): void {
    for (const { policy, tally } of this.#judged) {
      if (policy.name === name) tally.storeOperations += count
    }
  }
}
