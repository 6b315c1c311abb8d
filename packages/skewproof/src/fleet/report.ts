import type { StoreReport } from './common-view.ts'

/** A node serves requests, or only tells of its machine's clock. */
export type NodeRole = 'service' | 'agent'

/** What each node tells all others with each of its beats, as short as it can be. */
export interface NodeReport {
  readonly node: string
  readonly machine: string
  readonly role: NodeRole
  /** The number of the node's beat before this one, in which it measured the store's clock; 0 with its first. */
  readonly sequence: number
  /** What clock the store said then that it was: what is measured by another is void. */
  readonly epoch: string
  /**
   * What the node says of the store's clock by its own sources. `none`: it has no UTC of its own. `awaited`: it has, or may
   * have soon, and is yet to say it.
   */
  readonly utc: StoreClaim | 'none' | 'awaited'
}

export interface StoreClaim {
  readonly atStoreMs: number
  /** The store's clock minus UTC. */
  readonly offsetMs: number
  readonly errorMs: number
}

const name = /^[A-Za-z0-9._:-]{1,80}$/
const epochTag = /^[A-Za-z0-9._:-]{0,8}$/
/** Numbers are written to the microsecond. */
const roundingMs = 0.001
/** A hundred thousand years: all instants of calendars lie within, and so do sums of a few. */
const mostMs = 4e15

/** One line of JSON: `["web-1:4711","0f3a...",0,1234,"5d61ad0c",1764100000000.125,40012.301,1.2]`. */
export function encodeReport({ node, machine, role, sequence, epoch, utc }: NodeReport): string {
  return JSON.stringify([node, machine, role === 'agent' ? 1 : 0, sequence, epoch, ...encodeUtc(utc)])
}

/** As much of an epoch as tells it from others, without what a report cannot hold. */
export function shortEpoch(epoch: string): string {
  return epoch.replaceAll(/[^A-Za-z0-9._:-]/g, '').slice(0, 8)
}

function encodeUtc(utc: NodeReport['utc']): readonly number[] {
  if (utc === 'none') return []
  if (utc === 'awaited') return [1]
  return [rounded(utc.atStoreMs), rounded(utc.offsetMs), rounded(utc.errorMs + 2 * roundingMs)]
}

/** What nodes have left, but for what cannot be read: others write to the store too. One of each node. */
export function decodeReports(lines: readonly string[]): readonly NodeReport[] {
  const reports = new Map<string, NodeReport>()
  for (const line of lines) {
    const report = decodeReport(line)
    if (report !== undefined && !reports.has(report.node)) reports.set(report.node, report)
  }
  return [...reports.values()]
}

/** As `viewInCommon` takes it. */
export function storeReports(reports: readonly NodeReport[]): readonly StoreReport[] {
  return reports.flatMap(({ node, machine, utc }) =>
    typeof utc === 'object' ? [{ node, machine, ...utc }] : [],
  )
}

/** Whether it can be the name of a node or a machine. */
export function isName(text: unknown): text is string {
  return typeof text === 'string' && name.test(text)
}

function decodeReport(line: string): NodeReport | undefined {
  const value = parseJson(line)
  if (!Array.isArray(value)) return undefined
  const [node, machine, role, sequence, epoch, ...rest] = value as readonly unknown[]
  if (!isName(node) || !isName(machine) || (role !== 0 && role !== 1) || !isNumber(sequence)) return undefined
  if (typeof epoch !== 'string' || !epochTag.test(epoch)) return undefined
  const utc = decodeUtc(rest)
  return utc && { node, machine, role: role === 1 ? 'agent' : 'service', sequence, epoch, utc }
}

function decodeUtc(numbers: readonly unknown[]): NodeReport['utc'] | undefined {
  if (numbers.length === 0) return 'none'
  const [atStoreMs, offsetMs, errorMs] = numbers
  if (numbers.length === 1) return atStoreMs === 1 ? 'awaited' : undefined
  const isClaim = numbers.length === 3 && isNumber(atStoreMs) && isNumber(offsetMs) && isNumber(errorMs)
  return isClaim && errorMs >= 0 ? { atStoreMs, offsetMs, errorMs } : undefined
}

/** Of what others write: a number that can be reckoned with. */
export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= mostMs
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
