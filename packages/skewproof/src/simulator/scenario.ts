import type { ClockModel } from './clock-model.ts'

/**
 * What a simulation, or the lab, plays: whose clocks go wrong and when, and what traffic there is. Instants are seconds from
 * the beginning.
 */
export interface Scenario {
  /** As a file is called: `one-ahead`. */
  readonly name: string
  readonly title: string
  readonly about: string
  readonly seed: number
  readonly durationSeconds: number
  /** How the lab plays it in a hurry. */
  readonly quick: QuickModel
  readonly servers: readonly ServerModel[]
  readonly store: StoreModel
  /** Issues the tokens instead of the servers, knows no store, and is nobody's to mend. */
  readonly issuer: IssuerModel | undefined
  /** When a new key begins to sign. */
  readonly keyRotatesAtSeconds: number | undefined
  readonly tokens: readonly TokenModel[]
  readonly traffic: TrafficModel
  readonly policies: readonly PolicyName[]
  /** Whose clock an operator should be told of: names of servers, `issuer`, `store`; empty where nobody is wrong. */
  readonly culprits: readonly string[]
  readonly expect: Readonly<Partial<Record<PolicyName, Expectation>>>
}

export interface ServerModel {
  readonly name: string
  readonly clock: ClockModel
  readonly ntp: NtpModel
  /** When it cannot reach the store. */
  readonly cutOff: readonly Period[]
}

/** What the server's own time daemon knows. */
export interface NtpModel {
  /** When it stops answering; `Infinity`: never. */
  readonly diesAtSeconds: number
  /** How far the time that it gives is off: more than its bound is a lie. */
  readonly offsetSeconds: number
  /** The bound that it states. */
  readonly errorMs: number
}

export interface StoreModel {
  readonly clock: ClockModel
  /** Mean time there and back. */
  readonly roundTripMs: number
  /** When nobody can reach it. It forgets nothing. */
  readonly outages: readonly Period[]
}

export interface IssuerModel {
  readonly clock: ClockModel
}

export interface QuickModel {
  readonly durationSeconds: number
  readonly traffic: TrafficModel
}

export interface Period {
  readonly fromSeconds: number
  readonly toSeconds: number
}

/** One kind of token. */
export interface TokenModel {
  readonly lifetimeSeconds: number
  /** Of all logins, relative to the other kinds. */
  readonly share: number
  /** Whether an issuer that follows RFC 7519 alone states `nbf`, as many do. */
  readonly notBefore: boolean
}

export interface TrafficModel {
  readonly loginsPerSecond: number
  /** Mean time between two uses of a token; the first comes at once. */
  readonly secondsBetweenUses: number
  /** For how long after its issue a token is presented: past its end, too, as a thief would. */
  readonly presentedForSeconds: number
  /** How many of the tokens are revoked. */
  readonly revokedShare: number
  /** Mean time from issue to revocation. */
  readonly revokedAfterSeconds: number
}

/** What a policy should do; what is left out is not judged. */
export interface Expectation {
  readonly freshRefused?: Amount
  readonly expiredAccepted?: Amount
  readonly revokedAccepted?: Amount
}

/** `none`: beyond what the policy itself says of its bounds. */
export type Amount = 'none' | 'some'

export const policyNames = [
  'jsonwebtoken',
  'jsonwebtoken-30s',
  'jsonwebtoken-60s',
  'jose',
  'jose-max-age',
  'textbook',
  'static',
  'auto',
] as const

export type PolicyName = (typeof policyNames)[number]

/** What each policy is, in words. */
export const policyTitles: Readonly<Record<PolicyName, string>> = {
  jsonwebtoken: 'jsonwebtoken',
  'jsonwebtoken-30s': 'jsonwebtoken, 30 s',
  'jsonwebtoken-60s': 'jsonwebtoken, 60 s',
  jose: 'jose',
  'jose-max-age': 'jose, maxTokenAge',
  textbook: 'jsonwebtoken + Redis per request',
  static: 'Skewproof, static 30 s',
  auto: 'Skewproof, auto',
}

/**
 * The same story in a hurry: every instant comes earlier by the same factor. Offsets and lifetimes stay as they are, so that
 * less is seen of how long something lasts.
 */
export function hasten(scenario: Scenario): Scenario {
  const { keyRotatesAtSeconds } = scenario
  const { durationSeconds, traffic } = scenario.quick
  const factor = durationSeconds / scenario.durationSeconds
  return {
    ...retime(scenario, seconds => seconds * factor),
    durationSeconds,
    traffic,
    keyRotatesAtSeconds: keyRotatesAtSeconds && keyRotatesAtSeconds * factor,
  }
}

/** The same story with everything that happens to its machines at another time; smears stay, which may have begun long before. */
export function retime(scenario: Scenario, move: (seconds: number) => number): Scenario {
  const period = ({ fromSeconds, toSeconds }: Period): Period => ({
    fromSeconds: move(fromSeconds),
    toSeconds: move(toSeconds),
  })
  const clock = ({ steps = [], suspends = [], ...model }: ClockModel): ClockModel => ({
    ...model,
    steps: steps.map(step => ({ ...step, atSeconds: move(step.atSeconds) })),
    suspends: suspends.map(suspend => {
      const { atSeconds, forSeconds, ...losses } = suspend
      const { wallLosesSeconds = forSeconds, monotonicLosesSeconds = forSeconds } = losses
      const movedSeconds = move(atSeconds)
      const movedForSeconds = move(atSeconds + forSeconds) - movedSeconds
      return {
        atSeconds: movedSeconds,
        forSeconds: movedForSeconds,
        wallLosesSeconds,
        monotonicLosesSeconds,
      }
    }),
  })
  const { store, issuer } = scenario
  return {
    ...scenario,
    servers: scenario.servers.map(server => ({
      ...server,
      clock: clock(server.clock),
      ntp: { ...server.ntp, diesAtSeconds: move(server.ntp.diesAtSeconds) },
      cutOff: server.cutOff.map(period),
    })),
    store: { ...store, clock: clock(store.clock), outages: store.outages.map(period) },
    issuer: issuer && { clock: clock(issuer.clock) },
  }
}
