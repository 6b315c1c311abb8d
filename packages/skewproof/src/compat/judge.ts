import type { ClockReading } from '../clock/index.ts'
import { judgeTime, type TimeClaims, type TimeDecision, timePolicy } from '../tokens/index.ts'

/** What a refusal for time carries besides what the library that was replaced puts there. */
export interface TimeEvidence {
  /** How far the claim lies beyond what is forgiven, ms. */
  readonly byMs: number
  readonly culprit: TimeDecision['culprit']
  readonly clock: ClockReading
}

export interface JudgeOptions {
  /** Seconds; without it what the clocks are known to be wrong by, or 30 s. */
  readonly clockToleranceSeconds: number | undefined
  readonly maxAgeSeconds?: number | undefined
  readonly ignoreExpiration?: boolean | undefined
  readonly ignoreNotBefore?: boolean | undefined
}

/**
 * Judges what a payload says of time; whatever in it is not a number says nothing.
 *
 * @throws OptionError for a tolerance that is not 0 to 60 s
 */
export function judgePayload(
  payload: Readonly<Record<string, unknown>>,
  reading: ClockReading,
  options: JudgeOptions,
): TimeDecision {
  const { clockToleranceSeconds, maxAgeSeconds, ignoreExpiration, ignoreNotBefore } = options
  const claims: TimeClaims = {
    exp: ignoreExpiration === true ? undefined : numberIn(payload['exp']),
    nbf: ignoreNotBefore === true ? undefined : numberIn(payload['nbf']),
    // Without an exp, iat + maxAge is the end; when what lies ahead is ignored, so is a future iat.
    iat: ignoreNotBefore === true && maxAgeSeconds === undefined ? undefined : numberIn(payload['iat']),
    iatErrSeconds: errorIn(payload['iat_err']),
  }
  const policy = timePolicy({ clockTolerance: clockToleranceSeconds ?? 'auto', maxAge: maxAgeSeconds })
  const decision = judgeTime(claims, reading, policy)
  const isEarly = Number(claims.nbf) * 1000 > decision.window.latestMs
  // Of a token that is too old as well, the libraries say that it is too early: they look at nbf first.
  return decision.verdict === 'expired' && isEarly
    ? judgeTime({ ...claims, exp: undefined }, reading, { ...policy, maxAgeMs: undefined })
    : decision
}

export function evidenceOf({ byMs, culprit }: TimeDecision, clock: ClockReading): TimeEvidence {
  return { byMs, culprit, clock }
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function errorIn(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
