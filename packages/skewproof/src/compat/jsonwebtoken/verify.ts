import jsonwebtoken, { type Jwt, type VerifyCallback, type VerifyOptions } from 'jsonwebtoken'
import { isReliable } from '../../clock/index.ts'
import { OptionError } from '../../time/index.ts'
import type { TimeDecision } from '../../tokens/index.ts'
import { readClock } from '../clock.ts'
import { evidenceOf, type JudgeOptions, judgePayload } from '../judge.ts'

const { JsonWebTokenError, NotBeforeError, TokenExpiredError } = jsonwebtoken

/**
 * `jsonwebtoken.verify`, with the bounded decision about `exp`, `nbf`, `iat` and `maxAge`: a token is refused for time only
 * when every time that it may be refuses it. `clockTolerance` is at most 60 s; without it the tolerance is what the clocks
 * are known to be wrong by, or 30 s. With `clockTimestamp` it is jsonwebtoken's own.
 *
 * @throws JsonWebTokenError, NotBeforeError or TokenExpiredError of jsonwebtoken; those for time carry `byMs`, `culprit` and
 * `clock`
 */
export const verify: typeof jsonwebtoken.verify = verifyWithClock as typeof jsonwebtoken.verify

type Payload = Readonly<Record<string, unknown>>

function verifyWithClock(token: unknown, key: unknown, second?: unknown, third?: unknown): unknown {
  const [options, callback] = typeof second === 'function' ? [{}, second] : [second ?? {}, third]
  return verifyWith(token, key, options as VerifyOptions, callback as VerifyCallback | undefined)
}

function verifyWith(
  token: unknown,
  key: unknown,
  options: VerifyOptions,
  callback: VerifyCallback | undefined,
): unknown {
  if (options.clockTimestamp) return callBase(token, key, options, callback)
  if (callback === undefined) return new TimedVerification(token, options).run(key)
  let verification: TimedVerification
  try {
    verification = new TimedVerification(token, options)
  } catch (error) {
    return callback(error as jsonwebtoken.JsonWebTokenError)
  }
  return verification.runAsync(key, callback)
}

function callBase(...args: unknown[]): unknown {
  return Reflect.apply(jsonwebtoken.verify, undefined, args)
}

/** What jsonwebtoken complains of after it has checked the signature; times come first there. */
const afterSignature =
  /^(jwt (audience|issuer|subject|jwtid|nonce) invalid|iat required|"maxAge"|maxAge exceeded)/

/** One call: jsonwebtoken checks all but `exp` and `nbf`. */
class TimedVerification {
  readonly #token: unknown
  readonly #options: VerifyOptions
  readonly #judging: JudgeOptions
  readonly #baseOptions: VerifyOptions

  /** @throws JsonWebTokenError for a tolerance that cannot be used */
  constructor(token: unknown, options: VerifyOptions) {
    this.#token = token
    this.#options = options
    this.#judging = {
      clockToleranceSeconds: options.clockTolerance,
      // In JavaScript they are something true, or not.
      ignoreExpiration: Boolean(options.ignoreExpiration),
      ignoreNotBefore: Boolean(options.ignoreNotBefore),
    }
    this.#baseOptions = {
      ...options,
      complete: true,
      ignoreExpiration: true,
      ignoreNotBefore: true,
      clockTolerance: 0,
      // It judges maxAge: at the earliest time that it may be.
      clockTimestamp: this.#judge(decodePayload(token) ?? {}).window.earliestMs / 1000,
    }
  }

  run(key: unknown): unknown {
    try {
      return this.#finish(callBase(this.#token, key, this.#baseOptions) as Jwt)
    } catch (error) {
      throw this.#errorFor(error)
    }
  }

  runAsync(key: unknown, callback: VerifyCallback): unknown {
    return callBase(this.#token, key, this.#baseOptions, (error: unknown, jwt: Jwt) => {
      let result: Jwt | Jwt['payload']
      try {
        if (error !== null) throw error
        result = this.#finish(jwt)
      } catch (refusal) {
        return callback(this.#errorFor(refusal) as jsonwebtoken.VerifyErrors)
      }
      return callback(null, result)
    })
  }

  #finish(jwt: Jwt): Jwt | Jwt['payload'] {
    if (isPayload(jwt.payload)) this.#checkTimes(jwt.payload)
    return this.#options.complete === true ? jwt : jwt.payload
  }

  /** @throws the error for the first time claim that refuses the token */
  #checkTimes(payload: Payload): void {
    const { ignoreExpiration, ignoreNotBefore } = this.#judging
    if (ignoreNotBefore !== true) requireNumber(payload, 'nbf')
    if (ignoreExpiration !== true) requireNumber(payload, 'exp')
    const reading = readClock()
    const decision = this.#judge(payload, reading)
    if (decision.verdict === 'valid' || decision.verdict === 'ambiguous') return
    const error =
      decision.side === 'late'
        ? new TokenExpiredError('jwt expired', dateIn(payload['exp']))
        : new NotBeforeError('jwt not active', dateIn(payload[decision.claim ?? 'nbf']))
    throw Object.assign(error, evidenceOf(decision, reading))
  }

  #judge(payload: Payload, reading = readClock()): TimeDecision {
    try {
      return judgePayload(payload, reading, this.#judging)
    } catch (error) {
      if (error instanceof OptionError) throw new JsonWebTokenError(error.message)
      throw error
    }
  }

  /** The error that the caller sees for one of jsonwebtoken's. */
  #errorFor(error: unknown): unknown {
    if (!(error instanceof JsonWebTokenError) || !afterSignature.test(error.message)) return error
    const payload = decodePayload(this.#token) ?? {}
    try {
      this.#checkTimes(payload)
    } catch (timeError) {
      return timeError
    }
    if (!(error instanceof TokenExpiredError)) return error
    const reading = readClock()
    const byMs = this.#judge(payload, reading).window.earliestMs - error.expiredAt.getTime()
    return Object.assign(error, { byMs, culprit: isReliable(reading) ? 'none' : 'unknown', clock: reading })
  }
}

function requireNumber(payload: Payload, claim: 'exp' | 'nbf'): void {
  const value = payload[claim]
  if (value !== undefined && typeof value !== 'number') throw new JsonWebTokenError(`invalid ${claim} value`)
}

function isPayload(payload: unknown): payload is Payload {
  return typeof payload === 'object' && payload !== null
}

function decodePayload(token: unknown): Payload | undefined {
  if (typeof token !== 'string') return undefined
  try {
    const payload = jsonwebtoken.decode(token)
    return isPayload(payload) ? payload : undefined
  } catch {
    // jsonwebtoken says what is wrong with it.
    return undefined
  }
}

function dateIn(seconds: unknown): Date {
  return new Date(Number(seconds) * 1000)
}
