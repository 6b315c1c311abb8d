import { readFileSync } from 'node:fs'
import type { Scenario } from 'skewproof/simulator'
import { hasten, maxStalenessMs, readScenario } from 'skewproof/simulator'
import { parse } from 'yaml'
import { type CommandCounter, countCommands } from './commands.ts'
import { type Comparison, compare } from './compare.ts'
import { type ClockReport, type Diagnosis, diagnose, readClocks } from './diagnosis.ts'
import { beginEvents, Events } from './events.ts'
import { type LabFleet, startFleet } from './fleet.ts'
import { beginNow } from './instants.ts'
import type { Machines } from './machines.ts'
import type { PolicyObservation } from './outcomes.ts'
import { playTraffic } from './play.ts'
import { Scope } from './scope.ts'
import { warmUp } from './warm-up.ts'

export interface StoryPolicy extends PolicyObservation {
  readonly diagnosis: Diagnosis
  /** Commands that the store was sent because of the requests; `null` where the policy has no store, or it died. */
  readonly storeCommands: number | null
  /** What all servers together send it while nobody asks for anything; `null` where the policy has no store. */
  readonly idleCommandsPerSecond: number | null
  /** What the story expected and was not so. */
  readonly surprises: readonly string[]
}

export interface StoryResult {
  readonly name: string
  readonly title: string
  readonly about: string
  readonly durationSeconds: number
  readonly culprits: readonly string[]
  readonly policies: readonly StoryPolicy[]
  /** What the simulator says of the same requests. */
  readonly comparisons: readonly Comparison[]
  /** What the servers said of their clocks in the end. */
  readonly clocks: readonly ClockReport[]
  /** How far each clock really was off then. */
  readonly truth: readonly { readonly name: string; readonly offsetSeconds: number }[]
}

/** @throws OptionError when the file is no scenario */
export function readStory(path: string): Scenario {
  return readScenario(parse(readFileSync(path, 'utf8')))
}

export type StoryPhase = 'starting' | 'playing' | 'ended'

/** Plays one story with real processes, to the end of all but the machines, which can play another. */
export async function playStory(
  scenario: Scenario,
  machines: Machines,
  onProgress: (phase: StoryPhase, passedSeconds: number) => void,
): Promise<StoryResult> {
  const scope = new Scope()
  try {
    onProgress('starting', 0)
    const fleet = await startFleet(scenario, scope, machines)
    await warmUp(scenario, fleet)
    const counters = await countCommands(fleet, scope)
    const beginning = beginNow()
    const events = new Events(scope, beginning)
    await beginEvents(scenario, fleet, events, beginning)
    const onPassed = (passed: number) => onProgress('playing', passed)
    const { observations, answers } = await playTraffic(scenario, fleet.url, beginning, onPassed)
    const happenings = await events.settled()
    const clocks = await readClocks(fleet)
    onProgress('ended', scenario.durationSeconds)
    return {
      name: scenario.name,
      title: scenario.title,
      about: scenario.about,
      durationSeconds: scenario.durationSeconds,
      culprits: scenario.culprits,
      comparisons: compare({ scenario, beginning, happenings, answers }),
      clocks,
      truth: truthOf(scenario, fleet),
      policies: observations.map(observation => ({
        ...observation,
        diagnosis: diagnose(scenario, observation, clocks),
        ...commandsOf(scenario, counters.get(observation.name)),
        surprises: surprisesOf(scenario, observation),
      })),
    }
  } finally {
    await scope.close()
  }
}

function commandsOf(
  { durationSeconds, store }: Scenario,
  counter: CommandCounter | undefined,
): Pick<StoryPolicy, 'storeCommands' | 'idleCommandsPerSecond'> {
  if (counter === undefined) return { storeCommands: null, idleCommandsPerSecond: null }
  const { count, idlePerSecond } = counter
  const isWhole = store.outages.length === 0
  return {
    storeCommands: isWhole ? Math.max(0, count - idlePerSecond * durationSeconds) : null,
    idleCommandsPerSecond: idlePerSecond,
  }
}

function truthOf(
  { durationSeconds }: Scenario,
  { servers, store, issuerClock }: LabFleet,
): StoryResult['truth'] {
  const clocks = [
    ...servers.map(({ name, clock }) => ({ name, clock })),
    { name: 'store', clock: store.clock },
    ...(issuerClock === undefined ? [] : [{ name: 'issuer', clock: issuerClock }]),
  ]
  return clocks.map(({ name, clock }) => ({ name, offsetSeconds: clock.offsetSecondsAt(durationSeconds) }))
}

/** A hurried lab plays the same stories faster. */
export function paced(scenario: Scenario, isQuick: boolean): Scenario {
  return isQuick ? hasten(scenario) : scenario
}

/** Of fewer requests nothing needs to come out wrong. */
const enoughToSeeSome = 50

function surprisesOf({ expect }: Scenario, observation: PolicyObservation): readonly string[] {
  const { name, freshRequests, expiredRequests, revokedRequests } = observation
  const late = name === 'auto' ? observation.lateAcceptsBeyondBound : observation.lateAccepts
  // What it says of itself: a revocation may take so long to be heard of.
  const isWithinStaleness = name === 'auto' && observation.maxRevokedAcceptMs <= maxStalenessMs
  const seen = {
    freshRefused: { hits: observation.falseRejects, total: freshRequests },
    expiredAccepted: { hits: late, total: expiredRequests },
    revokedAccepted: {
      hits: isWithinStaleness ? 0 : observation.revokedAccepts,
      total: revokedRequests,
    },
  }
  return Object.entries(expect[name] ?? {}).flatMap(([what, amount]) => {
    const { hits, total } = seen[what as keyof typeof seen]
    if (amount === 'none') return hits === 0 ? [] : [`${what}: ${hits}, and none was expected`]
    return hits > 0 || total < enoughToSeeSome ? [] : [`${what}: none, and some were expected`]
  })
}
