import type { TimeClaims } from '../tokens/decision.ts'
import { statedErrorSeconds } from '../tokens/stated-error.ts'
import type { TokenModel } from './scenario.ts'
import type { SimulatedServer } from './server.ts'
import type { SimulatedStore } from './store.ts'

/** Longer than a token lives its record is kept. */
const recordToleranceMs = 60_000

/** A token, and what is true of it, which no server knows. */
export interface SimulatedToken {
  readonly claims: TimeClaims
  /** When its life, as it was promised, is over: true time. */
  readonly diesAtMs: number
  /** Its record in the store is gone when the store's clock shows this. */
  readonly recordDiesAtStoreMs: number
  /** When it was issued, and when it dies, by the store's clock. */
  readonly issuedAtStoreMs: number
  readonly lifetimeMs: number
  readonly hasNewKey: boolean
  /** When it was revoked, and when the other servers heard of it. */
  revokedAtMs: number
  revocationSeenAtMs: number
  /** What servers remember of its age, by the servers' numbers. */
  ages: Map<number, RememberedAge> | undefined
}

/** What a server asked the store once. */
export interface RememberedAge {
  readonly remainingMs: number
  readonly errorMs: number
  readonly atMonotonicMs: number
  readonly atTimeMs: number
}

/** As `jsonwebtoken` and `jose` issue: from the wall clock. */
export function issuePlain(
  { lifetimeSeconds, notBefore }: TokenModel,
  wallMs: number,
  trueMs: number,
  store: SimulatedStore,
  hasNewKey: boolean,
): SimulatedToken {
  const iat = Math.floor(wallMs / 1000)
  const exp = iat + lifetimeSeconds
  const claims = { iat, exp, ...(notBefore && { nbf: iat }) }
  return token(claims, exp * 1000 - wallMs, lifetimeSeconds * 1000, trueMs, store, hasNewKey)
}

/** As the token service issues: from the bounded clock, with its bound. */
export function issueBounded(
  { lifetimeSeconds }: TokenModel,
  server: SimulatedServer,
  trueMs: number,
  store: SimulatedStore,
): SimulatedToken {
  const reading = server.now()
  const exp = Math.ceil((reading.timeMs + lifetimeSeconds * 1000) / 1000)
  const lifetimeMs = exp * 1000 - reading.timeMs
  const iatErrSeconds = statedErrorSeconds(reading)
  const claims = { iat: Math.floor(reading.timeMs / 1000), exp, iatErrSeconds }
  // The keys are the store's, and so is the instant from which a new one signs.
  return token(claims, lifetimeMs, lifetimeMs, trueMs, store, false)
}

function token(
  claims: TimeClaims,
  livesForMs: number,
  recordedMs: number,
  trueMs: number,
  store: SimulatedStore,
  hasNewKey: boolean,
): SimulatedToken {
  const issuedAtStoreMs = store.ageClockMs()
  return {
    claims,
    diesAtMs: trueMs + livesForMs,
    recordDiesAtStoreMs: issuedAtStoreMs + recordedMs + recordToleranceMs,
    issuedAtStoreMs,
    lifetimeMs: livesForMs,
    hasNewKey,
    revokedAtMs: Number.POSITIVE_INFINITY,
    revocationSeenAtMs: Number.POSITIVE_INFINITY,
    ages: undefined,
  }
}
