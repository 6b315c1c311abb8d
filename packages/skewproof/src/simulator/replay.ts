import { maxStalenessMs, policiesOf, type SimulatedPolicy } from './policies.ts'
import type { PolicyName, Scenario, TokenModel } from './scenario.ts'
import type { SimulatedServer } from './server.ts'
import type { Answer } from './tally.ts'
import { issueBounded, issuePlain, type SimulatedToken } from './tokens.ts'
import { buildWorld, type SimulatedWorld } from './world.ts'

/** An instant that lies between two others, ms from the beginning. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** A token that was really issued. */
export interface RecordedToken {
  /** Signed from a wall clock, as the peers' are, or by Skewproof. */
  readonly family: SimulatedPolicy['family']
  /** Who issued it; where the scenario has an issuer outside of the fleet, it is that one. */
  readonly server: string
  readonly token: TokenModel
  readonly issued: Span
  readonly revoked: Span | undefined
}

/** A request that really was answered. */
export interface RecordedUse {
  readonly policy: PolicyName
  readonly token: RecordedToken
  readonly server: string
  /** When its token was judged. */
  readonly judged: Span
}

/** How many of the answers that a request may have had, by what is known of its instants, are of which kind. */
export type ReplayedAnswers = Readonly<Record<Answer['outcome'], number>>

/**
 * Plays traffic that was recorded: each token is issued, revoked and judged by the server and at the time that it really was.
 * What is known of a time is a span, so that each request is judged at both of its ends, with a token of either end of its
 * issue. Where all four answers are alike, that is what the simulator says.
 *
 * @param startMs true time at the beginning, ms since the Unix epoch
 * @returns for each use its answers, in the same order
 */
export function replay(
  scenario: Scenario,
  startMs: number,
  uses: readonly RecordedUse[],
): readonly ReplayedAnswers[] {
  const world = buildWorld(scenario, startMs, () => {})
  const policies = new Map(policiesOf(scenario).map(policy => [policy.name, policy]))
  const answers = uses.map(() => ({ accepted: 0, refused: 0, unavailable: 0 }))
  const issued = new Map<RecordedToken, SimulatedToken[]>()
  for (const { token } of uses) {
    if (issued.has(token)) continue
    const candidates: SimulatedToken[] = []
    issued.set(token, candidates)
    for (const end of ['fromMs', 'toMs'] as const) {
      world.timeline.at(startMs + token.issued[end], () => candidates.push(issue(token, end, startMs, world)))
    }
  }
  uses.forEach(({ policy: name, token, server, judged }, index) => {
    const policy = policies.get(name)
    const own = answers[index]
    if (policy === undefined || own === undefined) return
    const asked = serverOf(world, server)
    const judge = (candidate: SimulatedToken) =>
      asked.isSuspended ? 'unavailable' : policy.verify(candidate, asked, world.scene).outcome
    for (const instantMs of [judged.fromMs, judged.toMs]) {
      // Not before both of its tokens are there.
      world.timeline.at(startMs + Math.max(instantMs, token.issued.toMs), () => {
        for (const candidate of issued.get(token) ?? []) own[judge(candidate)] += 1
      })
    }
  })
  const endMs = Math.max(0, ...uses.map(({ judged }) => judged.toMs))
  world.timeline.runUntil(startMs + endMs + 1)
  return answers
}

function issue(
  { family, server, token, revoked }: RecordedToken,
  end: keyof Span,
  startMs: number,
  world: SimulatedWorld,
): SimulatedToken {
  const { store, issuer, scene } = world
  const { trueMs } = scene
  const wallMs = (issuer ?? serverOf(world, server).host).wallMs()
  const issued =
    family === 'plain'
      ? issuePlain(token, wallMs, trueMs, store, wallMs >= scene.keyRotatesAtMs)
      : issueBounded(token, serverOf(world, server), trueMs, store)
  if (revoked !== undefined) {
    issued.revokedAtMs = startMs + revoked[end]
    // The others hear of it at once, or as late as the library allows.
    issued.revocationSeenAtMs = issued.revokedAtMs + (end === 'fromMs' ? 0 : maxStalenessMs)
  }
  return issued
}

function serverOf({ servers }: SimulatedWorld, name: string): SimulatedServer {
  const server = servers.find(({ model }) => model.name === name)
  if (server === undefined) throw new RangeError(`there is no server ${name} in the scenario`)
  return server
}
