import { policyTitles } from 'skewproof/simulator'
import type { Comparison, Share } from './compare.ts'
import { formatPercent } from './headline.ts'
import type { LabReport } from './lab.ts'

const shares: readonly Share[] = ['freshRefused', 'expiredAccepted', 'revokedAccepted']

export const comparisonHead: readonly string[] = [
  'story',
  'policy',
  ...['fresh refused', 'expired accepted', 'revoked accepted'].flatMap(title => [title, 'simulated']),
  'inside',
]

/** What the lab saw with its interval, and what the simulator says of the same requests: a line for each story and policy. */
export function comparisonRows({ stories }: LabReport): readonly (readonly string[])[] {
  return stories.flatMap(({ name, policies, comparisons }) =>
    policies.map(policy => {
      const own = comparisons.filter(one => one.policy === policy.name)
      const cells = shares.flatMap(what => cellsOf(own.find(one => one.what === what)))
      const isInside = own.every(one => one.isInside)
      return [name, policyTitles[policy.name], ...cells, isInside ? 'yes' : 'no']
    }),
  )
}

function cellsOf(comparison: Comparison | undefined): readonly [seen: string, simulated: string] {
  if (comparison === undefined) return ['-', '-']
  const { seen, simulated } = comparison
  const interval = `${formatPercent(seen.low)} to ${formatPercent(seen.high)}`
  return [`${formatPercent(seen.share)} (${interval})`, formatPercent(simulated)]
}

/** The comparison in one sentence. */
export function comparisonSummary({ stories }: LabReport): string {
  const all = stories.flatMap(({ comparisons }) => comparisons)
  const sum = (field: (one: Comparison) => number) => all.reduce((total, one) => total + field(one), 0)
  const inside = all.filter(({ isInside }) => isInside).length
  const requests = sum(({ seen }) => seen.total).toLocaleString('en')
  return `Of ${all.length} shares, the simulator's lies within the lab's interval ${inside} times. Of ${requests} requests it answers ${sum(({ differing }) => differing)} in another way, and leaves ${sum(({ open }) => open)} open.`
}
