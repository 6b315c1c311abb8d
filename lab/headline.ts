import { type PolicyName, policyNames, policyTitles } from 'skewproof/simulator'
import type { LabReport } from './lab.ts'
import { quantile } from './statistics.ts'
import type { StoryPolicy, StoryResult } from './story.ts'

/** One policy over all stories. */
export interface Headline {
  readonly name: PolicyName
  readonly title: string
  readonly stories: number
  readonly freshRequests: number
  readonly freshRefused: number
  readonly expiredRequests: number
  readonly expiredAccepted: number
  /** Of those, how many were later than the decision's own bound explains. */
  readonly beyondBound: number
  readonly maxLateMs: number
  readonly revokedRequests: number
  readonly revokedAccepted: number
  readonly maxRevokedMs: number
  readonly unavailable: number
  /** In how many stories it named exactly those whose clock was wrong. */
  readonly rightlyNamed: number
  /** The median over the stories of the medians. */
  readonly medianLatencyMs: number
  /** Commands to the store for each request; `null` where there is no store. */
  readonly commandsPerRequest: number | null
  /** The same of all servers together while nobody asks for anything, each second. */
  readonly idleCommandsPerSecond: number | null
}

export function headlines({ stories }: LabReport): readonly Headline[] {
  return policyNames.map(name => {
    const own = stories.flatMap(({ policies }) => policies.filter(policy => policy.name === name))
    const sum = (field: (policy: StoryPolicy) => number) =>
      own.reduce((total, policy) => total + field(policy), 0)
    const counted = own.filter(({ storeCommands }) => storeCommands !== null)
    const requests = counted.reduce((total, policy) => total + policy.requests, 0)
    const commands = counted.reduce((total, policy) => total + (policy.storeCommands ?? 0), 0)
    return {
      name,
      title: policyTitles[name],
      stories: own.length,
      freshRequests: sum(policy => policy.freshRequests),
      freshRefused: sum(policy => policy.falseRejects),
      expiredRequests: sum(policy => policy.expiredRequests),
      expiredAccepted: sum(policy => policy.lateAccepts),
      beyondBound: sum(policy => policy.lateAcceptsBeyondBound),
      maxLateMs: Math.max(0, ...own.map(policy => policy.maxLateAcceptMs)),
      revokedRequests: sum(policy => policy.revokedRequests),
      revokedAccepted: sum(policy => policy.revokedAccepts),
      maxRevokedMs: Math.max(0, ...own.map(policy => policy.maxRevokedAcceptMs)),
      unavailable: sum(policy => policy.unavailable),
      rightlyNamed: own.filter(({ diagnosis }) => diagnosis.isRight).length,
      medianLatencyMs: quantile(
        own.map(({ latencyMs }) => latencyMs.median),
        0.5,
      ),
      commandsPerRequest: requests === 0 ? null : commands / requests,
      idleCommandsPerSecond:
        counted.length === 0
          ? null
          : quantile(
              counted.map(({ idleCommandsPerSecond }) => idleCommandsPerSecond ?? 0),
              0.5,
            ),
    }
  })
}

/** Whether a story's tokens come from outside of the fleet: no store that its servers share knows them. */
export function isForeign({ truth }: StoryResult): boolean {
  return truth.some(({ name }) => name === 'issuer')
}

/** An answer takes some milliseconds; where it takes so long, the machine has other things to do. */
const busyLatencyMs = 100

/** Whether the machine was too busy for the figures to mean much: what was asked at one moment was answered at another. */
export function isBusy(report: LabReport): boolean {
  return headlines(report).some(({ medianLatencyMs }) => medianLatencyMs > busyLatencyMs)
}

export const busyWarning =
  'The machine was too busy: answers came so late that shares, latencies and 503s tell of it rather than of clocks.'

/** Where Skewproof did worse than another policy, in words. */
export function losses({ stories }: LabReport): readonly string[] {
  return stories.flatMap(({ name, policies }) => {
    const auto = policies.find(policy => policy.name === 'auto')
    if (auto === undefined) return []
    const others = policies.filter(policy => policy.name !== 'auto' && policy.name !== 'static')
    const better = (share: (policy: StoryPolicy) => number) =>
      others.filter(policy => share(policy) < share(auto) - 1e-9).map(policy => policy.title)
    const refused = better(policy => policy.freshRefused.share)
    const accepted = better(policy =>
      policy.name === 'auto' ? policy.lateAcceptsBeyondBound : policy.lateAccepts,
    )
    const away = better(policy => policy.unavailable / Math.max(1, policy.requests))
    return [
      ...(refused.length > 0
        ? [
            `${name}: it refused ${auto.falseRejects} of ${auto.freshRequests} fresh tokens; fewer were refused by ${refused.join(', ')}`,
          ]
        : []),
      ...(accepted.length > 0
        ? [
            `${name}: it accepted ${auto.lateAcceptsBeyondBound} expired tokens beyond its bound; fewer were by ${accepted.join(', ')}`,
          ]
        : []),
      ...(away.length > 0
        ? [
            `${name}: ${auto.unavailable} of ${auto.requests} requests were answered with 503; there were fewer with ${away.join(', ')}`,
          ]
        : []),
    ]
  })
}

/** Where the simulator said something else. */
export function disagreements({ stories }: LabReport): readonly string[] {
  return stories.flatMap(story =>
    story.comparisons
      .filter(({ isInside }) => !isInside)
      .map(
        ({ policy, what, simulated, seen }) =>
          `${story.name}, ${policy}, ${what}: ${formatPercent(simulated)} simulated, ${formatPercent(seen.low)} to ${formatPercent(seen.high)} seen`,
      ),
  )
}

export function formatPercent(share: number): string {
  if (share === 0) return '0 %'
  return share < 0.001 ? '< 0.1 %' : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}
