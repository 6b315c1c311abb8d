import { SignJWT as JoseSignJWT } from 'jose'
import { readClock } from '../clock.ts'
import { parsePeriodSeconds } from './duration.ts'

type Instant = number | string | Date

/** jose's `SignJWT`, whose now is that of the bounded clock: for `setIssuedAt()`, and for periods such as `'2h'`. */
export class SignJWT extends JoseSignJWT {
  override setIssuedAt(input?: Instant): this {
    return super.setIssuedAt(input === undefined ? nowSeconds() : resolve(input))
  }

  override setExpirationTime(input: Instant): this {
    return super.setExpirationTime(resolve(input))
  }

  override setNotBefore(input: Instant): this {
    return super.setNotBefore(resolve(input))
  }
}

function nowSeconds(): number {
  return Math.floor(readClock().timeMs / 1000)
}

function resolve(input: Instant): number | Date {
  return typeof input === 'string' ? nowSeconds() + parsePeriodSeconds(input) : input
}
