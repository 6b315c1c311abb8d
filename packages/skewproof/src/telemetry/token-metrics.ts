import { type Meter, trace } from '@opentelemetry/api'
import type { Culprit, TokenErrorCode } from '../tokens/errors.ts'
import type { Emitter } from '../tokens/listeners.ts'
import type { TokenServiceEvents, Verification, VerifierEvents } from '../tokens/observation.ts'
import { arrivalSkewMs } from './skew.ts'
import { type Identity, spanAttributes } from './span.ts'
import { Tally } from './tally.ts'

const skewBoundariesSeconds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 120, 300, 3600]

const timeCodes: readonly TokenErrorCode[] = ['ERR_TOKEN_EXPIRED', 'ERR_TOKEN_NOT_YET_VALID']
const culprits: readonly Culprit[] = ['issuer', 'verifier', 'unknown', 'none']

/** Sets attributes on the span in which a token is verified, and counts verdicts. */
export function observeVerifications(
  meter: Meter,
  verifiers: readonly Emitter<VerifierEvents>[],
  identities: ReadonlySet<Identity>,
): () => void {
  const verdicts = new Tally()
  const lookups = new Tally()
  // What an alert looks at begins with 0: the first that is counted would not be seen as an increase.
  for (const verdict of ['valid', 'ambiguous'] as const) countVerdict(verdicts, { verdict }, 0)
  for (const code of timeCodes) {
    for (const culprit of culprits) countVerdict(verdicts, { verdict: 'refused', code, culprit }, 0)
  }
  const skew = meter.createHistogram('skewproof.token.arrival_skew', {
    description: "How far the clocks of a token's issuer and its verifier are apart, when it is first seen",
    unit: 's',
    advice: { explicitBucketBoundaries: skewBoundariesSeconds },
  })
  const verdictCounter = meter.createObservableCounter('skewproof.token.verifications', {
    description: 'Verified tokens, by what came out and whose clock was to blame',
    unit: '{verification}',
  })
  const lookupCounter = meter.createObservableCounter('skewproof.verifier.cache.lookups', {
    description: 'Whether tokens had been verified before',
    unit: '{lookup}',
  })
  verdictCounter.addCallback(verdicts.report)
  lookupCounter.addCallback(lookups.report)

  function observe(verification: Verification): void {
    const { isCached } = verification
    const span = trace.getActiveSpan()
    if (span?.isRecording()) span.setAttributes(spanAttributes(verification, identities))
    countVerdict(verdicts, verification)
    const result = isCached ? 'hit' : 'miss'
    lookups.add(result, () => ({ result }))
    const skewMs = isCached ? undefined : arrivalSkewMs(verification)
    // A histogram takes no negative values.
    if (skewMs !== undefined)
      skew.record(Math.abs(skewMs) / 1000, { direction: skewMs < 0 ? 'behind' : 'ahead' })
  }

  for (const verifier of verifiers) verifier.on('verification', observe)
  return () => {
    verdictCounter.removeCallback(verdicts.report)
    lookupCounter.removeCallback(lookups.report)
    for (const verifier of verifiers) verifier.off('verification', observe)
  }
}

function countVerdict(
  verdicts: Tally,
  { verdict, code, culprit }: Pick<Verification, 'verdict'> & Partial<Verification>,
  count?: number,
): void {
  const attributes = () => ({
    verdict,
    ...(code !== undefined && { code }),
    ...(culprit !== undefined && { culprit }),
  })
  verdicts.add(`${verdict} ${code} ${culprit}`, attributes, count)
}

/** Counts what a token service issues and revokes. */
export function observeService(meter: Meter, service: Emitter<TokenServiceEvents>): () => void {
  const issued = new Tally()
  const issuances = meter.createObservableCounter('skewproof.token.issuances', {
    description: 'Issued tokens, by whether a refresh token was used',
    unit: '{token}',
  })
  const revocations = meter.createCounter('skewproof.token.revocations', {
    description: 'Acknowledged revocations through this process, by what was revoked',
    unit: '{revocation}',
  })
  const onIssuance = ({ cause }: { cause: string }) => issued.add(cause, () => ({ cause }))
  issuances.addCallback(issued.report)
  const onRevocation = ({ scope }: { scope: string }) => revocations.add(1, { scope })
  service.on('issuance', onIssuance)
  service.on('revocation', onRevocation)
  return () => {
    issuances.removeCallback(issued.report)
    service.off('issuance', onIssuance)
    service.off('revocation', onRevocation)
  }
}
