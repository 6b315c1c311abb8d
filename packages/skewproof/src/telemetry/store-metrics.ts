import type { Meter, ObservableResult } from '@opentelemetry/api'
import { observeStore as observed } from '../tokens/observed-store.ts'
import type { ChangeFeed, TokenStore } from '../tokens/store.ts'
import type { StoreOperation } from '../tokens/store-operations.ts'

const durationBoundariesSeconds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
]

/** How often it is looked what was revoked. How long that took to get here, the store has measured by itself. */
const readFeedEveryMs = 1000

/** Measures how long a store takes to answer, and how long revocations take to get here. */
export function observeStore(meter: Meter, store: TokenStore): () => void {
  const duration = meter.createHistogram('skewproof.store.operation.duration', {
    description: 'How long the store took, by what it was asked and how that ended',
    unit: 's',
    advice: { explicitBucketBoundaries: durationBoundariesSeconds },
  })
  const propagation = meter.createHistogram('skewproof.revocation.propagation', {
    description: 'How long after a revocation, by whichever process, this one knew of it',
    unit: 's',
    advice: { explicitBucketBoundaries: durationBoundariesSeconds },
  })
  const staleness = meter.createObservableGauge('skewproof.store.staleness', {
    description: 'How old what this process knows of revocations is',
    unit: 's',
  })
  const onOperation = ({ operation, outcome, durationMs }: StoreOperation) =>
    duration.record(durationMs / 1000, { operation, outcome })
  const measureStaleness = (result: ObservableResult) => {
    const ms = store.stalenessMs()
    if (ms !== undefined) result.observe(ms / 1000)
  }
  const feed = store.openFeed()
  const timer = setInterval(() => {
    for (const ageMs of revocationAges(feed)) propagation.record(ageMs / 1000)
  }, readFeedEveryMs)
  timer.unref()
  staleness.addCallback(measureStaleness)
  observed(store).on('operation', onOperation)
  return () => {
    clearInterval(timer)
    feed.close()
    staleness.removeCallback(measureStaleness)
    observed(store).off('operation', onOperation)
  }
}

function revocationAges(feed: ChangeFeed): readonly number[] {
  try {
    return feed
      .take()
      .flatMap(({ kind, ageMs }) => (kind === 'document' || ageMs === undefined ? [] : [ageMs]))
  } catch {
    // The store cannot be asked, which its staleness shows.
    return []
  }
}
