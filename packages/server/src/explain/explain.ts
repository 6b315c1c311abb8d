import {
  type ClockReading,
  type Culprit,
  describeRefusal,
  isRefused,
  judgeTime,
  type TimeClaims,
  type TimeDecision,
  type TimePolicy,
  timePolicy,
} from 'skewproof'
import { josePolicy, jsonwebtokenPolicy } from 'skewproof/simulator'

export interface Explanation {
  /** What Skewproof says with its default options. */
  readonly verdict: 'valid' | 'ambiguous' | 'expired' | 'not_yet_valid'
  readonly claims: Readonly<Record<string, unknown>>
  readonly reasons: readonly Reason[]
  readonly policies: readonly PolicyResult[]
}

/** What is to be said of one claim. */
export interface Reason {
  readonly claim: string
  /** How far the claim lies on the wrong side of this host's clock, ms; negative: on the right side. */
  readonly byMs: number
  readonly culprit: Culprit
  readonly message: string
}

export interface PolicyResult {
  readonly name: string
  readonly accepted: boolean
  readonly message: string
}

const modes: readonly (readonly [name: string, policy: TimePolicy])[] = [
  ['skewproof, auto', timePolicy({})],
  ['skewproof, clockTolerance 0', timePolicy({ clockTolerance: 0 })],
  ['skewproof, clockTolerance 30', timePolicy({ clockTolerance: 30 })],
  ['skewproof, clockTolerance 60', timePolicy({ clockTolerance: 60 })],
  ['skewproof, auto, ambiguous rejected', timePolicy({ ambiguous: 'reject' })],
]

/** Why a token would be accepted or refused for its times, here and now, by whom, and whose clock is wrong: pure. */
export function explain(
  claims: Readonly<Record<string, unknown>>,
  times: TimeClaims,
  reading: ClockReading,
  wallMs: number,
): Explanation {
  const decision = judgeTime(times, reading, timePolicy({}))
  const lifetime =
    times.exp !== undefined && times.iat !== undefined ? Math.max(1, times.exp - times.iat) : undefined
  const peers = [
    jsonwebtokenPolicy(0),
    jsonwebtokenPolicy(30),
    jsonwebtokenPolicy(60),
    josePolicy(0),
    josePolicy(30),
    ...(lifetime === undefined ? [] : [josePolicy(30, lifetime)]),
  ]
  return {
    verdict: decision.verdict,
    claims,
    reasons: [
      ...claimReason('iat', times.iat, reading, 'early', decision),
      ...claimReason('nbf', times.nbf, reading, 'early', decision),
      ...claimReason('exp', times.exp, reading, 'late', decision),
    ],
    policies: [
      ...modes.map(([name, policy]) => ownResult(name, policy, times, reading)),
      ...peers.map(peer => {
        const { accepted, claim, byMs } = peer.judge(times, wallMs)
        const by = byMs === undefined ? '' : ` by ${seconds(byMs)}`
        return {
          name: peer.name,
          accepted,
          message: accepted ? 'accepts it' : `refuses it for "${claim}"${by}`,
        }
      }),
    ],
  }
}

function ownResult(name: string, policy: TimePolicy, times: TimeClaims, reading: ClockReading): PolicyResult {
  const decision = judgeTime(times, reading, policy)
  const accepted = !isRefused(decision, policy.ambiguous)
  return {
    name,
    accepted,
    message: accepted ? `accepts it (${decision.verdict})` : describeRefusal(decision),
  }
}

function claimReason(
  claim: 'iat' | 'nbf' | 'exp',
  value: number | undefined,
  reading: ClockReading,
  side: 'early' | 'late',
  decision: TimeDecision,
): readonly Reason[] {
  if (value === undefined) return []
  const byMs = side === 'early' ? value * 1000 - reading.timeMs : reading.timeMs - value * 1000
  const decided = decision.claim === claim && decision.side === side
  const where =
    byMs > 0
      ? side === 'early'
        ? 'in the future'
        : 'in the past'
      : side === 'early'
        ? 'in the past'
        : 'in the future'
  const verdict = decided ? `: ${describeDecision(decision)}` : ''
  return [
    {
      claim,
      byMs: Math.round(byMs),
      culprit: decided ? decision.culprit : 'none',
      message: `${seconds(Math.abs(byMs))} ${where} by this host's clock${verdict}`,
    },
  ]
}

function describeDecision(decision: TimeDecision): string {
  return decision.verdict === 'ambiguous'
    ? 'within the uncertainty of the clocks, which is accepted'
    : describeRefusal(decision)
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`
}
