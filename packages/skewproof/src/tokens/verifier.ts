import type { Clock, ClockReading } from '../clock/clock.ts'
import type { HostClock } from '../clock/host.ts'
import type { TokenClaims } from './claims.ts'
import type { ExpectationOptions } from './expectations.ts'
import type { JwsHeader } from './jws/index.ts'
import type { VerifierEvents } from './observation.ts'
import type { TimePolicyOptions } from './policy.ts'
import type { StatusListOptions } from './status/remote-lists.ts'
import type { TokenStore } from './store.ts'

/** What is known of a token that was accepted. */
export interface VerifiedToken<Claims extends TokenClaims = TokenClaims> {
  readonly claims: Claims
  readonly jti: string | undefined
  readonly header: JwsHeader
  /** `ambiguous`: some possible true times would have refused it. */
  readonly verdict: 'valid' | 'ambiguous'
  /** The reading on which the decision was made. */
  readonly clock: ClockReading
  /** The issuer's clock minus this verifier's, where a store that both share can tell; positive: the issuer is ahead. */
  readonly issuerOffsetMs: number | undefined
}

/** Verifies tokens of one issuer. */
export interface Verifier<Claims extends TokenClaims = TokenClaims> {
  /** @throws TokenError with the reason; never anything else, whatever the input */
  verify(token: string): Promise<VerifiedToken<Claims>>
  /**
   * The answer for a token that has been verified before, without I/O: judged again by the same decision, and never
   * older than its revocation. `undefined` when `verify` has to be asked.
   *
   * @throws TokenError as `verify`
   */
  verifyCached(token: string): VerifiedToken<Claims> | undefined
  /** What a listener throws is thrown again outside: it decides on no token. */
  on<E extends keyof VerifierEvents>(event: E, listener: (event: VerifierEvents[E]) => void): this
  off<E extends keyof VerifierEvents>(event: E, listener: (event: VerifierEvents[E]) => void): this
  close(): void
}

export interface VerificationOptions extends TimePolicyOptions, ExpectationOptions {
  /** Where time comes from. Default: this machine's wall clock, which nothing is known about. */
  clock?: Clock | undefined
  /** Asked whether the token is live; without it, and without `statusList`, a token cannot be revoked. */
  store?: TokenStore | undefined
  /** Whether a token was revoked is read from the status list that it names; for verifiers without the store. */
  statusList?: boolean | StatusListOptions | undefined
  /** Longer tokens are refused. Default 8192 characters. */
  maxTokenLength?: number | undefined
  /** How many verified tokens are kept. Default 10,000; 0 turns the cache off. */
  cacheSize?: number | undefined
  /** This machine's raw clocks; for tests. */
  host?: HostClock | undefined
}
