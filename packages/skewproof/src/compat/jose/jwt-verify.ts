import {
  type CryptoKey,
  errors,
  type JWK,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify as joseJwtVerify,
  type KeyObject,
  type ResolvedKey,
} from 'jose'
import type { ClockReading } from '../../clock/index.ts'
import type { TimeDecision } from '../../tokens/index.ts'
import { readClock } from '../clock.ts'
import { evidenceOf, judgePayload } from '../judge.ts'
import { parsePeriodSeconds } from './duration.ts'

type Key = CryptoKey | KeyObject | JWK | Uint8Array

/** What the decision about time was made on. */
export interface TimedResult {
  readonly time: TimeDecision
  readonly clock: ClockReading
}

/**
 * jose's `jwtVerify`, with the bounded decision about `exp`, `nbf`, `iat` and `maxTokenAge`: a token is refused for time
 * only when every time that it may be refuses it. `clockTolerance` is at most 60 s; without it the tolerance is what the
 * clocks are known to be wrong by, or 30 s. With `currentDate` it is jose's own.
 *
 * @throws JWTExpired, JWTClaimValidationFailed and jose's other errors; those for time carry `byMs`, `culprit` and `clock`
 * @throws OptionError for a tolerance beyond 60 s
 */
export function jwtVerify<Payload = JWTPayload>(
  jwt: string | Uint8Array,
  key: Key,
  options?: JWTVerifyOptions,
): Promise<JWTVerifyResult<Payload> & TimedResult>
export function jwtVerify<Payload = JWTPayload>(
  jwt: string | Uint8Array,
  getKey: JWTVerifyGetKey,
  options?: JWTVerifyOptions,
): Promise<JWTVerifyResult<Payload> & ResolvedKey & TimedResult>
export async function jwtVerify(
  jwt: string | Uint8Array,
  key: Key | JWTVerifyGetKey,
  options: JWTVerifyOptions = {},
): Promise<JWTVerifyResult & TimedResult> {
  const { currentDate, clockTolerance, maxTokenAge, ...others } = options
  const judging = {
    clockToleranceSeconds: clockTolerance === undefined ? undefined : secondsOf(clockTolerance),
    maxAgeSeconds: maxTokenAge === undefined ? undefined : maxAgeSecondsOf(maxTokenAge),
  }
  if (currentDate !== undefined) {
    const clock: ClockReading = { timeMs: currentDate.getTime(), errorMs: 0, status: 'synchronized' }
    const result = await verifyWith(jwt, key, options)
    return { ...result, time: judgePayload(result.payload, clock, judging), clock }
  }
  const result = await verifyWith(jwt, key, {
    ...others,
    ...(maxTokenAge !== undefined && { requiredClaims: [...(others.requiredClaims ?? []), 'iat'] }),
    // Times are judged below; what jose checks of them here is that they are numbers.
    clockTolerance: Number.MAX_SAFE_INTEGER,
  })
  const clock = readClock()
  const time = judgePayload(result.payload, clock, judging)
  if (time.verdict === 'expired' || time.verdict === 'not_yet_valid')
    throw Object.assign(refusalOf(time, result.payload), evidenceOf(time, clock))
  return { ...result, time, clock }
}

/** jose's overloads part keys from functions that find one. */
function verifyWith(
  jwt: string | Uint8Array,
  key: Key | JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  return typeof key === 'function' ? joseJwtVerify(jwt, key, options) : joseJwtVerify(jwt, key, options)
}

function secondsOf(value: number | string): number {
  return typeof value === 'number' ? value : parsePeriodSeconds(value)
}

/** The age from which on a token is too old: jose compares whole seconds, and an age that is the limit is good. */
function maxAgeSecondsOf(maxTokenAge: number | string): number {
  const seconds = secondsOf(maxTokenAge)
  if (!(seconds >= 0 && Number.isFinite(seconds))) throw new TypeError('Invalid maxTokenAge option input')
  return seconds + 1
}

/** In jose's own words. */
function refusalOf({ side, claim = 'exp' }: TimeDecision, payload: JWTPayload): errors.JOSEError {
  const failed = `"${claim}" claim timestamp check failed`
  if (side === 'late') {
    const words = claim === 'iat' ? `${failed} (too far in the past)` : failed
    return new errors.JWTExpired(words, payload, claim, 'check_failed')
  }
  const words = claim === 'iat' ? `${failed} (it should be in the past)` : failed
  return new errors.JWTClaimValidationFailed(words, payload, claim, 'check_failed')
}
