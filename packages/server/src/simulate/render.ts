import type { PolicyResult, SimulationResult } from 'skewproof/simulator'
import { formatDuration } from 'skewproof/time'
import { table } from '../commands/output.ts'

/** The result for a terminal. */
export function renderSimulation(result: SimulationResult, title: string, tookMs: number): string {
  const rows = result.policies.map(policy => [
    policy.title,
    formatShare(policy.falseRejectShare),
    formatShare(policy.lateAcceptShare),
    formatLongest(policy.lateAccepts, policy.maxLateAcceptMs),
    formatShare(policy.revokedAcceptShare),
    formatLongest(policy.revokedAccepts, policy.maxRevokedAcceptMs),
    formatShare(policy.unavailable / Math.max(1, policy.requests)),
    formatRate(policy),
  ])
  const perSecond = result.verifications / (tookMs / 1000)
  return [
    title,
    '',
    table([
      ['', 'FRESH', 'EXPIRED', 'AT MOST', 'REVOKED', 'AT MOST', 'NO', 'STORE COMMANDS'],
      ['', 'REFUSED', 'ACCEPTED', 'AFTER', 'ACCEPTED', 'AFTER', 'ANSWER', 'PER REQUEST'],
      ...rows,
    ]),
    '',
    describeClocks(result),
    `${count(result.verifications)} verifications in ${formatDuration(tookMs)}: ${(perSecond / 1e6).toFixed(2)} million a second; seed ${result.seed}.`,
  ].join('\n')
}

export function formatShare(share: number): string {
  if (share === 0) return '0 %'
  const percent = share * 100
  return percent < 0.01 ? '< 0.01 %' : `${Number(percent.toPrecision(3))} %`
}

function formatLongest(accepts: number, ms: number): string {
  return accepts === 0 ? '-' : formatDuration(ms)
}

function formatRate({ storeOperations, requests }: PolicyResult): string {
  return (storeOperations / Math.max(1, requests)).toFixed(2)
}

/** What the bounded clocks of the servers did. */
function describeClocks({ clocks, servers }: SimulationResult): string {
  const reliable = formatShare(clocks.reliable / Math.max(1, clocks.readings))
  const bound = clocks.reliable === 0 ? '' : `, to ${formatDuration(clocks.maxErrorMs)} at worst`
  const broken = clocks.violations === 0 ? '' : `; the bound did not hold ${count(clocks.violations)} times`
  return `${count(servers)} servers, Skewproof knew the time in ${reliable} of the requests${bound}${broken}.`
}

function count(value: number): string {
  return value.toLocaleString('en')
}
