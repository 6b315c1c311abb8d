import { type PolicyName, type PolicyResult, type Scenario, simulate } from 'skewproof/simulator'
import { type Estimate, widen, z9999 } from './statistics.ts'
import type { StoryResult } from './story.ts'

export interface PredictedShares {
  readonly name: PolicyName
  readonly freshRefused: number
  readonly expiredAccepted: number
  readonly revokedAccepted: number
}

/** What the simulator says of a story: the mean over some seeds. */
export type Prediction = readonly PredictedShares[]

const seeds = 20

export function predict(scenario: Scenario): Prediction {
  const runs = Array.from(
    { length: seeds },
    (_, index) => simulate({ ...scenario, seed: index + 1 }).policies,
  )
  return scenario.policies.map(name => {
    const own = runs.flatMap(policies => policies.filter(policy => policy.name === name))
    const share = (hits: keyof PolicyResult, total: keyof PolicyResult) =>
      sum(own, hits) / Math.max(1, sum(own, total))
    return {
      name,
      freshRefused: share('falseRejects', 'freshRequests'),
      expiredAccepted: share('lateAccepts', 'expiredRequests'),
      revokedAccepted: share('revokedAccepts', 'revokedRequests'),
    }
  })
}

function sum(results: readonly PolicyResult[], field: keyof PolicyResult): number {
  return results.reduce((total, result) => total + Number(result[field]), 0)
}

/** One share, as the simulator predicts it and as the lab saw it. */
export interface Comparison {
  readonly story: string
  readonly policy: PolicyName
  readonly what: 'freshRefused' | 'expiredAccepted' | 'revokedAccepted'
  readonly predicted: number
  readonly seen: Estimate
  readonly agrees: boolean
}

/** Too few requests say nothing. */
const fewestRequests = 5

/**
 * Whether the lab's confidence intervals hold what the simulator predicts. There are some three hundred of them: at 99.99 %
 * each, all of them hold the truth together with 97 %.
 */
export function compare(story: StoryResult, prediction: Prediction): readonly Comparison[] {
  return story.policies.flatMap(policy =>
    (['freshRefused', 'expiredAccepted', 'revokedAccepted'] as const).flatMap(what => {
      const predicted = prediction.find(({ name }) => name === policy.name)?.[what]
      const seen = widen(policy[what], z9999)
      if (predicted === undefined || seen.total < fewestRequests) return []
      const agrees = predicted >= seen.low && predicted <= seen.high
      return [{ story: story.name, policy: policy.name, what, predicted, seen, agrees }]
    }),
  )
}
