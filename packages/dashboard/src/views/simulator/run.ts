import { readScenario, type Scenario, Simulation } from 'skewproof/simulator'
import { type Effect, effectsOf, type Seconds } from './effects.ts'
import type { Daemon, Settings } from './settings.ts'

/** What Skewproof's clock on a server says. */
export interface ServerClock {
  readonly name: string
  /** Its own time minus true time. */
  readonly offsetMs: number
  readonly errorMs: number
}

/** Requests with good tokens in a second, whatever the tokens' lifetime. */
const goodPerSecond = 20
const secondsBetweenUses = 10
/** For so long after its end a token is tried: no clock of the page makes it live longer. */
const triedAfterEndSeconds = 720
const daemonErrorMs = 2
/** A year. */
const endlessSeconds = 31_536_000

/** How far back the plots reach. */
export const shownSeconds = 600
const longestWindowSeconds = 60
const shortestWindowSeconds = 10

/** The simulator, second by second, with clocks that can be set while it runs. */
export class Run {
  readonly #simulation: Simulation
  readonly #traffic: Pick<Settings, 'lifetimeSeconds'> & { readonly hasIssuer: boolean }
  #wanted: Settings
  #applied: Settings | undefined
  #changedAtSeconds = 0
  readonly #seconds: Seconds[number][] = []

  /** Begins with clocks that are right, until the traffic is as it will be. */
  constructor(settings: Settings) {
    const hasIssuer = settings.issuerOffsetMs !== undefined
    this.#traffic = { lifetimeSeconds: settings.lifetimeSeconds, hasIssuer }
    this.#simulation = new Simulation(scenarioFor(settings))
    this.#wanted = settings
  }

  /** Whether the settings can be reached from here; others need another run. */
  isFor({ lifetimeSeconds, issuerOffsetMs }: Settings): boolean {
    const hasIssuer = issuerOffsetMs !== undefined
    return this.#traffic.lifetimeSeconds === lifetimeSeconds && this.#traffic.hasIssuer === hasIssuer
  }

  set(settings: Settings): void {
    this.#wanted = settings
    if (this.#applied !== undefined) this.#apply(settings, this.#applied)
  }

  /** From 0 to 1: then there is something to be seen, before and after the clocks went wrong. */
  get prepared(): number {
    return Math.min(1, this.passedSeconds / (this.#fullAtSeconds + this.#storySeconds))
  }

  get passedSeconds(): number {
    return Math.round(this.#simulation.passedSeconds)
  }

  advance(seconds: number): void {
    for (let count = 0; count < seconds; count += 1) {
      if (this.#applied === undefined && this.passedSeconds >= this.#fullAtSeconds)
        this.#apply(this.#wanted, undefined)
      this.#simulation.startCounting()
      this.#simulation.advance(1)
      // Before, there are too few tokens that have expired.
      if (this.passedSeconds > this.#fullAtSeconds - longestWindowSeconds) this.#record()
    }
  }

  #record(): void {
    this.#seconds.push(this.#simulation.result().policies)
    if (this.#seconds.length > shownSeconds + longestWindowSeconds) this.#seconds.shift()
  }

  /** Over how many seconds `effects` counts: since the last change, but some at least and not too many. */
  get windowSeconds(): number {
    const sinceChange = this.passedSeconds - this.#changedAtSeconds
    return Math.max(shortestWindowSeconds, Math.min(longestWindowSeconds, sinceChange))
  }

  effects(): readonly Effect[] {
    return effectsOf(this.#seconds.slice(-this.windowSeconds))
  }

  /** What was counted in each of the last seconds, the oldest first. */
  get seconds(): Seconds {
    return this.#seconds
  }

  clocks(): readonly ServerClock[] {
    return this.#simulation.servers.map(server => {
      const { timeMs, errorMs } = server.now()
      return { name: server.model.name, offsetMs: timeMs - this.#simulation.trueMs, errorMs }
    })
  }

  get #fullAtSeconds(): number {
    return this.#traffic.lifetimeSeconds + triedAfterEndSeconds
  }

  get #storySeconds(): number {
    return Math.min(240, this.#traffic.lifetimeSeconds)
  }

  #apply(settings: Settings, before: Settings | undefined): void {
    const { servers, store, issuer } = this.#simulation
    settings.servers.forEach(({ offsetMs, daemon }, index) => {
      const server = servers[index]
      const was = before?.servers[index]
      if (server === undefined) return
      if (offsetMs !== (was?.offsetMs ?? 0)) server.host.setOffset(offsetMs)
      server.ntp = daemonFor(daemon, offsetMs)
    })
    if (settings.storeOffsetMs !== (before?.storeOffsetMs ?? 0)) store.host.setOffset(settings.storeOffsetMs)
    issuer?.setOffset(settings.issuerOffsetMs ?? 0)
    this.#applied = settings
    this.#changedAtSeconds = this.passedSeconds
  }
}

function daemonFor(daemon: Daemon, offsetMs: number) {
  return {
    diesAtSeconds: daemon === 'dead' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
    offsetSeconds: daemon === 'misled' ? offsetMs / 1000 : 0,
    errorMs: daemonErrorMs,
  }
}

function scenarioFor({ servers, issuerOffsetMs, lifetimeSeconds }: Settings): Scenario {
  return readScenario({
    durationSeconds: endlessSeconds,
    servers: servers.map(({ name }) => ({ name })),
    ...(issuerOffsetMs !== undefined && { issuer: {} }),
    tokens: [{ lifetimeSeconds }],
    traffic: {
      loginsPerSecond: (goodPerSecond * secondsBetweenUses) / lifetimeSeconds,
      secondsBetweenUses,
      presentedForSeconds: lifetimeSeconds + triedAfterEndSeconds,
      revokedShare: 0.1,
      revokedAfterSeconds: lifetimeSeconds / 3,
    },
  })
}
