import {
  type PolicyName,
  type RecordedToken,
  type RecordedUse,
  type ReplayedAnswers,
  replay,
  retime,
  type Scenario,
  type Span,
} from 'skewproof/simulator'
import type { Happening } from './events.ts'
import { type Beginning, sinceBeginning } from './instants.ts'
import type { HeldToken, Kind, RecordedAnswer } from './outcomes.ts'
import { type Estimate, type OpenCount, widenOpen, z9999 } from './statistics.ts'

export type Share = 'freshRefused' | 'expiredAccepted' | 'revokedAccepted'

/** One share, as the lab saw it, and as the simulator says of the same requests. */
export interface Comparison {
  readonly policy: PolicyName
  readonly what: Share
  /** Of the requests that the simulator answers as well. */
  readonly seen: Estimate
  readonly simulated: number
  /** Requests whose answer the simulator leaves open: what is known of their instants allows for both. */
  readonly open: number
  /** Requests of which the simulator surely says something else. */
  readonly differing: number
  readonly isInside: boolean
}

const shareOf: Readonly<Record<Kind, Share>> = {
  fresh: 'freshRefused',
  expired: 'expiredAccepted',
  revoked: 'revokedAccepted',
}

/** What has really happened in a story. */
export interface PlayedStory {
  readonly scenario: Scenario
  readonly beginning: Beginning
  readonly happenings: readonly Happening[]
  readonly answers: readonly RecordedAnswer[]
}

/**
 * Has the simulator judge the very requests that the lab sent, at the instants and by the servers that it was, and compares the
 * shares. The lab's interval is that of 99.99 %, since there are some three hundred of them; where the answer to a request hangs
 * on when exactly it was judged, the interval holds what either answer would make of it.
 */
export function compare({ scenario, beginning, happenings, answers }: PlayedStory): readonly Comparison[] {
  const tokens = new Map(answers.map(({ token }) => [token, recordedToken(token, beginning)] as const))
  const uses = answers.map(answer => recordedUse(answer, tokens, beginning, happenings))
  const replayed = replay(asItHappened(scenario, happenings), beginning.trueMs, uses)
  const judged = answers.map((answer, index) => judgedAnswer(answer, replayed[index]))
  return scenario.policies.flatMap(policy =>
    (['fresh', 'expired', 'revoked'] as const).flatMap(kind => {
      const own = judged.filter(
        ({ answer, simulated }) =>
          answer.policy === policy && answer.kind === kind && simulated !== undefined,
      )
      return own.length === 0 ? [] : [compareShare(policy, kind, own)]
    }),
  )
}

/** The events of a scenario at the time when they were really done. */
function asItHappened(scenario: Scenario, happenings: readonly Happening[]): Scenario {
  return retime(scenario, seconds => {
    const happening = happenings.findLast(({ plannedMs }) => plannedMs === seconds * 1000 && plannedMs > 0)
    return happening === undefined ? seconds : happening.toMs / 1000
  })
}

function recordedToken(held: HeldToken, beginning: Beginning): RecordedToken {
  const { family, server, model, issued, revokeBegunAtMs, revokedAtMs } = held
  const isRevoked = Number.isFinite(revokedAtMs)
  return {
    family: family === 'auto' ? 'bounded' : 'plain',
    server,
    token: model,
    issued: sinceBeginning(issued, beginning),
    revoked: isRevoked
      ? sinceBeginning({ fromMs: revokeBegunAtMs, toMs: revokedAtMs }, beginning)
      : undefined,
  }
}

function recordedUse(
  { policy, token, server, judged, boundMs }: RecordedAnswer,
  tokens: ReadonlyMap<HeldToken, RecordedToken>,
  beginning: Beginning,
  happenings: readonly Happening[],
): RecordedUse {
  const recorded = tokens.get(token)
  if (recorded === undefined) throw new RangeError('an answer is about a token that was not issued')
  const { fromMs, toMs } = sinceBeginning(judged, beginning)
  // What a decision knows of the time is as good as that much earlier or later.
  const span = { fromMs: fromMs - boundMs, toMs: toMs + boundMs }
  return { policy, server, token: recorded, judged: withHappenings(span, happenings) }
}

/** While something is being done to a machine, its effect may be there or not. */
function withHappenings(span: Span, happenings: readonly Happening[]): Span {
  const during = happenings.filter(({ fromMs, toMs }) => fromMs <= span.toMs && toMs >= span.fromMs)
  return {
    fromMs: Math.min(span.fromMs, ...during.map(({ fromMs }) => fromMs)),
    toMs: Math.max(span.toMs, ...during.map(({ toMs }) => toMs)),
  }
}

interface JudgedAnswer {
  readonly answer: RecordedAnswer
  readonly isHit: boolean
  /** How many of the simulator's answers are hits: 0 to 1; `undefined` where it gives none. */
  readonly simulated: number | undefined
  readonly isOpen: boolean
}

function judgedAnswer(answer: RecordedAnswer, replayed: ReplayedAnswers | undefined): JudgedAnswer {
  const { accepted = 0, refused = 0, unavailable = 0 } = replayed ?? {}
  const given = accepted + refused
  const hits = answer.kind === 'fresh' ? refused : accepted
  return {
    answer,
    isHit: answer.kind === 'fresh' ? !answer.isAccepted : answer.isAccepted,
    simulated: given === 0 ? undefined : hits / given,
    isOpen: unavailable > 0 || (accepted > 0 && refused > 0),
  }
}

function compareShare(policy: PolicyName, kind: Kind, judged: readonly JudgedAnswer[]): Comparison {
  const counts = new Map<HeldToken, OpenCount>()
  for (const { answer, isHit, isOpen } of judged) {
    const before = counts.get(answer.token) ?? { hits: 0, total: 0, open: 0, openHits: 0 }
    counts.set(answer.token, {
      hits: before.hits + (isHit ? 1 : 0),
      total: before.total + 1,
      open: before.open + (isOpen ? 1 : 0),
      openHits: before.openHits + (isOpen && isHit ? 1 : 0),
    })
  }
  const seen = widenOpen([...counts.values()], z9999)
  const simulated = judged.reduce((sum, one) => sum + (one.simulated ?? 0), 0) / judged.length
  return {
    policy,
    what: shareOf[kind],
    seen,
    simulated,
    open: judged.filter(({ isOpen }) => isOpen).length,
    differing: judged.filter(one => !one.isOpen && one.simulated !== Number(one.isHit)).length,
    isInside: simulated >= seen.low && simulated <= seen.high,
  }
}
