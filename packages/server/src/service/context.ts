import type { BoundedClock, TokenService, TokenStore } from 'skewproof'
import type { ClientRegistry } from './clients.ts'
import type { ServiceFleet } from './fleet/service-fleet.ts'
import type { MetricsPage } from './telemetry/metrics-page.ts'

/** What the endpoints work with. */
export interface ServiceContext {
  readonly issuer: string
  readonly clock: BoundedClock
  readonly store: TokenStore
  readonly tokens: TokenService
  readonly clients: ClientRegistry
  readonly fleet: ServiceFleet
  readonly metrics: MetricsPage
  /** Requests per minute and caller to the endpoints that take credentials; 0: no limit. */
  readonly rateLimit: number
  /** Whether a login is asked for on loopback, too. */
  readonly isLoginRequired: boolean
  /** How long a login to the dashboard is good. */
  readonly sessionSeconds: number
}
