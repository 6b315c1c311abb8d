import { formatMs, formatOffset } from '../clock/format.ts'
import { table } from '../commands/output.ts'
import type { Finding, Reference } from './finding.ts'

/** What the offsets are from, then a line for each host. */
export function renderFindings(
  findings: readonly Finding[],
  reference: Reference,
  ownErrorMs: number,
): string {
  const rows = findings.map(({ url, offsetMs, errorMs, method, status, claim, failure }) => [
    url,
    offsetMs === null ? '-' : formatOffset(offsetMs),
    errorMs === null ? '-' : formatMs(errorMs),
    method ?? '-',
    status,
    failure === null ? describeClaim(claim) : `${failure.reason}: ${failure.message}`,
  ])
  return [
    describeReference(reference, ownErrorMs),
    '',
    table([['host', 'offset', 'bound', 'method', 'status', 'note'], ...rows]),
  ].join('\n')
}

function describeReference(reference: Reference, ownErrorMs: number): string {
  return reference === 'true time'
    ? `Offsets from true time, which this host knows to ${formatMs(ownErrorMs)}; positive is ahead.`
    : "Offsets from this host's wall clock, of which nothing is known (give a --source); positive is ahead of it."
}

function describeClaim(claim: Finding['claim']): string {
  if (claim === null) return ''
  const bound = claim.errorMs === null ? '' : ` within ${formatMs(claim.errorMs)}`
  return `says it is ${claim.status}${bound}`
}
