import jsonwebtoken, { type SignOptions } from 'jsonwebtoken'
import { statedErrorSeconds } from '../../tokens/stated-error.ts'
import { readClock } from '../clock.ts'

/**
 * `jsonwebtoken.sign`, with `iat` and what follows from it (`expiresIn`, `notBefore`) by the bounded clock, and with
 * `iat_err` where its bound is known.
 *
 * @throws Error as jsonwebtoken does
 */
export const sign: typeof jsonwebtoken.sign = signWithClock as typeof jsonwebtoken.sign

/** jsonwebtoken's overloads are told apart where it parses its arguments itself. */
type Arguments = [payload: unknown, key: unknown, ...rest: unknown[]]

function signWithClock(...[payload, ...rest]: Arguments): unknown {
  const options: SignOptions = typeof rest[1] === 'object' && rest[1] !== null ? rest[1] : {}
  const stamped = isClaims(payload) ? stamp(payload, options) : payload
  return Reflect.apply(jsonwebtoken.sign, undefined, [stamped, ...rest])
}

/** What else there is, jsonwebtoken refuses: a copy of it would be a plain object, with whatever it held. */
function isClaims(payload: unknown): payload is Record<string, unknown> {
  if (typeof payload !== 'object' || payload === null) return false
  const prototype: unknown = Object.getPrototypeOf(payload)
  return prototype === Object.prototype || prototype === null
}

/** jsonwebtoken takes an `iat` that is there, and counts from it. */
function stamp(payload: Record<string, unknown>, { mutatePayload, noTimestamp }: SignOptions): unknown {
  const { iat } = payload
  if (iat !== undefined && iat !== 0) return payload
  const reading = readClock()
  const stamped = mutatePayload === true ? payload : { ...payload }
  stamped['iat'] = Math.floor(reading.timeMs / 1000)
  const errorSeconds = statedErrorSeconds(reading)
  if (errorSeconds !== undefined && noTimestamp !== true) stamped['iat_err'] ??= errorSeconds
  return stamped
}
