import { clockSegments, SimulatedHost } from './clock-model.ts'
import { SimulatedFleet } from './fleet.ts'
import type { Scene } from './policies.ts'
import { Random } from './random.ts'
import type { Scenario } from './scenario.ts'
import { SimulatedServer } from './server.ts'
import { SimulatedStore } from './store.ts'
import { Timeline } from './timeline.ts'

/** The fleet is there before the traffic, so that its clocks have measured. */
const warmUpSeconds = 20

/** What a scenario is played in: the machines with their clocks, and what happens to them. */
export interface SimulatedWorld {
  readonly timeline: Timeline
  readonly random: Random
  readonly servers: readonly SimulatedServer[]
  readonly store: SimulatedStore
  /** Who issues the tokens instead of the servers. */
  readonly issuer: SimulatedHost | undefined
  readonly scene: Scene
  /** How often each server compares its clock with the others', by the store. */
  readonly beatEveryMs: number
}

/**
 * Builds the world of a scenario, and brings it to its beginning.
 *
 * @param startMs true time at the beginning, ms since the Unix epoch
 */
export function buildWorld(
  scenario: Scenario,
  startMs: number,
  countStoreOperations: Scene['countStoreOperations'],
): SimulatedWorld {
  const timeline = new Timeline(startMs - warmUpSeconds * 1000)
  const random = new Random(scenario.seed)
  const endMs = scenario.durationSeconds * 1000
  const now = () => timeline.nowMs
  const secondsPassed = () => (timeline.nowMs - startMs) / 1000
  const hostOf = (model: Parameters<typeof clockSegments>[0]) =>
    new SimulatedHost(clockSegments(model, endMs, random), startMs, now)
  const store = new SimulatedStore(
    scenario.store,
    hostOf(scenario.store.clock),
    random.fork(),
    secondsPassed,
    now,
  )
  const issuer = scenario.issuer && hostOf(scenario.issuer.clock)
  const fleet = new SimulatedFleet(scenario.servers.length)
  const surroundings = { timeline, random, store, fleet, secondsPassed }
  const servers = scenario.servers.map(
    (model, index) => new SimulatedServer(index, model, hostOf(model.clock), surroundings),
  )
  const rotatesAtSeconds = scenario.keyRotatesAtSeconds ?? Number.POSITIVE_INFINITY
  const scene: Scene = {
    store,
    get trueMs() {
      return timeline.nowMs
    },
    keyRotatesAtMs: startMs + rotatesAtSeconds * 1000,
    countStoreOperations,
  }
  const { beatEveryMs } = fleet
  for (const server of servers) timeline.after(random.uniform() * beatEveryMs, () => server.start())
  timeline.runUntil(startMs)
  return { timeline, random, servers, store, issuer, scene, beatEveryMs }
}
