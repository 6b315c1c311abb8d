import type { ClockReading } from '../clock/clock.ts'
import { judgeTime, type StoreAge } from '../tokens/decision.ts'
import { timePolicy } from '../tokens/policy.ts'
import { isRefused } from '../tokens/refusal.ts'
import { josePolicy, jsonwebtokenPolicy, type PeerPolicy } from './peers.ts'
import type { PolicyName, Scenario } from './scenario.ts'
import type { SimulatedServer } from './server.ts'
import type { SimulatedStore } from './store.ts'
import type { Answer } from './tally.ts'
import type { SimulatedToken } from './tokens.ts'

export interface SimulatedPolicy {
  readonly name: PolicyName
  /** Which of the tokens that a login gives it is asked about. */
  readonly family: 'plain' | 'bounded'
  /** Whether a token can be revoked under it. */
  readonly canRevoke: boolean
  verify(token: SimulatedToken, server: SimulatedServer, scene: Scene): Answer
}

/** What policies see of the world. */
export interface Scene {
  readonly store: SimulatedStore
  readonly trueMs: number
  /** When a new key begins to sign, by each server's own wall clock. */
  readonly keyRotatesAtMs: number
  /** Commands that were sent to the store, by policy. */
  countStoreOperations(policy: PolicyName, count: number): void
}

const accepted: Answer = { outcome: 'accepted', boundMs: 0 }
const refused: Answer = { outcome: 'refused', boundMs: 0 }
const unavailable: Answer = { outcome: 'unavailable', boundMs: 0 }

/** No revocation is heard of later than this: as the library's default. */
export const maxStalenessMs = 1000
const maxPartingMs = 1000
const textbookToleranceSeconds = 30

/** The policies of a scenario; what `maxTokenAge` has to be follows from its tokens. */
export function policiesOf({ policies, tokens, issuer }: Scenario): readonly SimulatedPolicy[] {
  const longestSeconds = Math.max(...tokens.map(token => token.lifetimeSeconds))
  const all: readonly SimulatedPolicy[] = [
    peer('jsonwebtoken', jsonwebtokenPolicy(0)),
    peer('jsonwebtoken-30s', jsonwebtokenPolicy(30)),
    peer('jsonwebtoken-60s', jsonwebtokenPolicy(60)),
    peer('jose', josePolicy(0)),
    peer('jose-max-age', josePolicy(0, longestSeconds)),
    textbook(jsonwebtokenPolicy(textbookToleranceSeconds)),
    staticTolerance(),
    issuer === undefined ? bounded() : boundedWithoutStore(),
  ]
  return all.filter(({ name }) => policies.includes(name))
}

function peer(name: PolicyName, { judge }: PeerPolicy): SimulatedPolicy {
  return {
    name,
    family: 'plain',
    canRevoke: false,
    verify: (token, server, scene) =>
      knowsKey(token, server, scene) && judge(token.claims, server.host.wallMs()).accepted
        ? accepted
        : refused,
  }
}

/** `jsonwebtoken`, and a look into Redis with each request. */
function textbook({ judge }: PeerPolicy): SimulatedPolicy {
  return {
    name: 'textbook',
    family: 'plain',
    canRevoke: true,
    verify(token, server, scene) {
      if (!knowsKey(token, server, scene) || !judge(token.claims, server.host.wallMs()).accepted)
        return refused
      if (!scene.store.answers(server)) return unavailable
      scene.countStoreOperations('textbook', 1)
      return isRecorded(token, scene) && token.revokedAtMs > scene.trueMs ? accepted : refused
    },
  }
}

/** Skewproof's decision where nothing is known of any clock. */
function staticTolerance(): SimulatedPolicy {
  const policy = timePolicy({ clockTolerance: '30s' })
  return {
    name: 'static',
    family: 'plain',
    canRevoke: false,
    verify(token, server, scene) {
      if (!knowsKey(token, server, scene)) return refused
      const reading: ClockReading = {
        timeMs: server.host.wallMs(),
        errorMs: Number.POSITIVE_INFINITY,
        status: 'unsynchronized',
      }
      const decision = judgeTime(token.claims, reading, policy)
      return isRefused(decision, policy.ambiguous)
        ? { outcome: 'refused', culprit: decision.culprit, boundMs: 0 }
        : accepted
    },
  }
}

/** What Skewproof does by default, over a store. */
function bounded(): SimulatedPolicy {
  const policy = timePolicy({})
  return {
    name: 'auto',
    family: 'bounded',
    canRevoke: true,
    verify(token, server, scene) {
      const reading = server.now()
      const hearsStore = hearsOf(server, scene)
      const age =
        (hearsStore && rememberedAge(token, server, reading)) || askAge(token, server, scene, reading)
      if (age === 'unavailable') return unavailable
      if (age === 'dead' || token.revocationSeenAtMs <= scene.trueMs) return refused
      return decide(token, reading, age)
    },
  }

  function decide(token: SimulatedToken, reading: ClockReading, age: StoreAge): Answer {
    const decision = judgeTime(token.claims, reading, policy, age)
    const { earliestMs, latestMs } = decision.window
    const outcome = isRefused(decision, policy.ambiguous) ? 'refused' : 'accepted'
    return { outcome, culprit: decision.culprit, boundMs: latestMs - earliestMs }
  }
}

/** The same, of tokens that somebody else has issued: nothing but the clock tells. */
function boundedWithoutStore(): SimulatedPolicy {
  const policy = timePolicy({})
  return {
    name: 'auto',
    family: 'plain',
    canRevoke: false,
    verify(token, server) {
      const decision = judgeTime(token.claims, server.now(), policy)
      const { earliestMs, latestMs } = decision.window
      const outcome = isRefused(decision, policy.ambiguous) ? 'refused' : 'accepted'
      return { outcome, culprit: decision.culprit, boundMs: latestMs - earliestMs }
    },
  }
}

/** A key that begins to sign at an appointed hour is known from that hour on, by each server's own clock. */
function knowsKey({ hasNewKey }: SimulatedToken, { host }: SimulatedServer, scene: Scene): boolean {
  return !hasNewKey || host.wallMs() >= scene.keyRotatesAtMs
}

function isRecorded(token: SimulatedToken, { store }: Scene): boolean {
  return store.ageClockMs() < token.recordDiesAtStoreMs
}

/** Whether the server can be sure to have heard of what was revoked. */
function hearsOf(server: SimulatedServer, { store }: Scene): boolean {
  const monotonicMs = server.host.monotonicMs()
  if (store.answers(server)) server.heardStoreAtMs = monotonicMs
  return monotonicMs - server.heardStoreAtMs <= maxStalenessMs
}

function rememberedAge(
  { ages }: SimulatedToken,
  { index, host }: SimulatedServer,
  reading: ClockReading,
): StoreAge | undefined {
  const entry = ages?.get(index)
  if (entry === undefined) return undefined
  const elapsedMs = host.monotonicMs() - entry.atMonotonicMs
  if (Math.abs(reading.timeMs - entry.atTimeMs - elapsedMs) > maxPartingMs) return undefined
  return { remainingMs: entry.remainingMs - elapsedMs, errorMs: entry.errorMs }
}

function askAge(
  token: SimulatedToken,
  server: SimulatedServer,
  scene: Scene,
  reading: ClockReading,
): StoreAge | 'unavailable' | 'dead' {
  const { store } = scene
  if (!store.answers(server)) return 'unavailable'
  // The record, and then its place among the subject's tokens.
  scene.countStoreOperations('auto', 2)
  if (!isRecorded(token, scene) || token.revokedAtMs <= scene.trueMs) return 'dead'
  const age = {
    remainingMs: token.lifetimeMs - (store.ageClockMs() - token.issuedAtStoreMs),
    errorMs: 1 + store.roundTripMs() / 2,
  }
  const asked = { atMonotonicMs: server.host.monotonicMs(), atTimeMs: reading.timeMs }
  token.ages ??= new Map()
  token.ages.set(server.index, { ...age, ...asked })
  return age
}
