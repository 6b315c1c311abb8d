import { type MeterProvider, metrics } from '@opentelemetry/api'
import type { BoundedClock } from '../clock/index.ts'
import type { Emitter } from '../tokens/listeners.ts'
import type { TokenServiceEvents, VerifierEvents } from '../tokens/observation.ts'
import type { TokenStore } from '../tokens/store.ts'
import { observeClock } from './clock-metrics.ts'
import { type FleetObserver, observeFleet } from './fleet-metrics.ts'
import type { Identity } from './span.ts'
import { observeStore } from './store-metrics.ts'
import { observeService, observeVerifications } from './token-metrics.ts'

export interface InstrumentationOptions {
  /** The token service. */
  tokens?: Emitter<TokenServiceEvents> | undefined
  /** Verifiers besides the token service. */
  verifiers?: readonly Emitter<VerifierEvents>[] | undefined
  clock?: BoundedClock | undefined
  /** The one that the token service and the verifiers were given. */
  store?: TokenStore | undefined
  /** Where the fleet's status comes from. */
  fleet?: FleetObserver | undefined
  /**
   * What of a token may stand on spans: its `jti` as `token.jti`, its subject as `enduser.id`. Default `['jti']`. Metrics never
   * have either.
   */
  identities?: readonly Identity[] | undefined
  /** Default: the global one, as it is now: start the SDK before. */
  meterProvider?: MeterProvider | undefined
}

export interface Instrumentation {
  /** Takes no more measurements. */
  stop(): void
}

/**
 * Tells OpenTelemetry of tokens, the clock and the store: attributes on the span in which a token is verified, and metrics. Which SDK
 * takes them, and where they go, is the application's to decide; without one nothing happens.
 *
 * ```ts
 * instrument({ tokens, clock, store })
 * ```
 */
export function instrument(options: InstrumentationOptions): Instrumentation {
  const {
    tokens,
    verifiers = [],
    clock,
    store,
    fleet,
    identities = ['jti'],
    meterProvider = metrics,
  } = options
  const meter = meterProvider.getMeter('skewproof')
  const all = tokens === undefined ? verifiers : [tokens, ...verifiers]
  const stops: readonly (() => void)[] = [
    ...(all.length === 0 ? [] : [observeVerifications(meter, all, new Set(identities))]),
    ...(tokens === undefined ? [] : [observeService(meter, tokens)]),
    ...(clock === undefined ? [] : [observeClock(meter, clock)]),
    ...(store === undefined ? [] : [observeStore(meter, store)]),
    ...(fleet === undefined ? [] : [observeFleet(meter, fleet)]),
  ]
  return {
    stop: () => {
      for (const stop of stops) stop()
    },
  }
}
