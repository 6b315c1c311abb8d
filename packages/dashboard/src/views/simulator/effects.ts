import type { PolicyName, PolicyResult } from 'skewproof/simulator'

/** What a policy does to users, over a while. */
export interface Effect {
  readonly name: PolicyName
  readonly title: string
  /** Of the requests with good tokens, how many are refused, and how many that is in a second. */
  readonly refusedShare: number
  readonly refusedPerSecond: number
  /** Of the requests with expired tokens, how many are accepted, and how long after the end at most. */
  readonly lateShare: number
  readonly maxLateMs: number
  readonly revokedShare: number
  /** Whether each of the refusals of good tokens says that the issuer's clock is wrong. */
  readonly doesBlameIssuer: boolean
}

/** Seconds one after another: what each policy did in each of them. */
export type Seconds = readonly (readonly PolicyResult[])[]

/** All of it together. */
export function effectsOf(seconds: Seconds): readonly Effect[] {
  const [first = []] = seconds
  return first.map(({ name, title }, index) => {
    const results = seconds.flatMap(second => second[index] ?? [])
    const sum = (count: (result: PolicyResult) => number) =>
      results.reduce((total, result) => total + count(result), 0)
    const refused = sum(result => result.falseRejects)
    return {
      name,
      title,
      refusedShare: share(
        refused,
        sum(result => result.freshRequests),
      ),
      refusedPerSecond: refused / seconds.length,
      lateShare: share(
        sum(result => result.lateAccepts),
        sum(result => result.expiredRequests),
      ),
      maxLateMs: Math.max(...results.map(result => result.maxLateAcceptMs)),
      revokedShare: share(
        sum(result => result.revokedAccepts),
        sum(result => result.revokedRequests),
      ),
      doesBlameIssuer: refused > 0 && sum(result => result.culprits.issuer) === refused,
    }
  })
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}
