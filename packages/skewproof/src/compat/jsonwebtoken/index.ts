import jsonwebtoken from 'jsonwebtoken'
import { useClock } from '../clock.ts'
import { sign } from './sign.ts'
import { verify } from './verify.ts'

export type * from 'jsonwebtoken'
export type { TimeEvidence } from '../judge.ts'
export { sign, useClock, verify }

export const decode: typeof jsonwebtoken.decode = jsonwebtoken.decode

// jsonwebtoken's own, so that `instanceof` holds for errors of either.
export const JsonWebTokenError: typeof jsonwebtoken.JsonWebTokenError = jsonwebtoken.JsonWebTokenError
export type JsonWebTokenError = jsonwebtoken.JsonWebTokenError
export const NotBeforeError: typeof jsonwebtoken.NotBeforeError = jsonwebtoken.NotBeforeError
export type NotBeforeError = jsonwebtoken.NotBeforeError
export const TokenExpiredError: typeof jsonwebtoken.TokenExpiredError = jsonwebtoken.TokenExpiredError
export type TokenExpiredError = jsonwebtoken.TokenExpiredError

interface JsonWebToken {
  readonly sign: typeof sign
  readonly verify: typeof verify
  readonly decode: typeof decode
  readonly JsonWebTokenError: typeof JsonWebTokenError
  readonly NotBeforeError: typeof NotBeforeError
  readonly TokenExpiredError: typeof TokenExpiredError
  readonly useClock: typeof useClock
}

/** As jsonwebtoken exports it: `import jwt from 'skewproof/jsonwebtoken'`. */
const jwt: JsonWebToken = {
  sign,
  verify,
  decode,
  JsonWebTokenError,
  NotBeforeError,
  TokenExpiredError,
  useClock,
}
export default jwt
