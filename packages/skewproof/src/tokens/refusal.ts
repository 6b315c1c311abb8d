import type { ClockReading } from '../clock/clock.ts'
import { formatDuration } from '../time/index.ts'
import type { TimeDecision } from './decision.ts'
import { type Culprit, TokenError } from './errors.ts'

/** Whether a decision refuses the token under this policy for ambiguous ones. */
export function isRefused(decision: TimeDecision, ambiguous: 'accept' | 'reject'): boolean {
  return decision.verdict === 'ambiguous' ? ambiguous === 'reject' : decision.verdict !== 'valid'
}

/** The error for a token that was refused for its times: which claim, by how much, and whose clock. */
export function timeRefusal(decision: TimeDecision, reading: ClockReading): TokenError {
  const { claim, byMs, culprit } = decision
  const details = { byMs, culprit, clock: reading, ...(claim === undefined ? {} : { claim }) }
  return decision.side === 'early'
    ? new TokenError('ERR_TOKEN_NOT_YET_VALID', describeRefusal(decision), details)
    : new TokenError('ERR_TOKEN_EXPIRED', describeRefusal(decision), details)
}

/** The refusal in a sentence. */
export function describeRefusal({ verdict, claim, byMs, culprit }: TimeDecision): string {
  const by = formatDuration(byMs)
  switch (verdict) {
    case 'expired':
      return claim === 'iat'
        ? `the token is older than maxAge allows, by ${by}${blame(culprit, 'ahead')}`
        : `the token expired, by ${by} more than is tolerated${blame(culprit, 'ahead')}`
    case 'not_yet_valid':
      return `the token's "${claim}" lies in the future, by ${by} more than is tolerated${blame(culprit, 'behind')}`
    case 'ambiguous':
      return `the token's "${claim}" lies within the uncertainty of the clocks, and ambiguous tokens are refused here`
    case 'valid':
      return 'the token is valid'
  }
}

function blame(culprit: Culprit, verifierIs: 'ahead' | 'behind'): string {
  switch (culprit) {
    case 'issuer':
      return "; the issuer's clock is ahead"
    case 'verifier':
      return `; this server's clock is ${verifierIs}`
    case 'unknown':
      return "; neither this server's clock nor the issuer's is known to be right"
    case 'none':
      return ''
  }
}
