import type { StoreReport } from './common-view.ts'

/** A node serves requests, or only tells of its machine's clock. */
export type NodeRole = 'service' | 'agent'

/** What each node tells all others with each of its beats, as short as it can be. */
export interface NodeReport {
  readonly node: string
  readonly machine: string
  readonly role: NodeRole
  /** Of the store's clock, where the node knows UTC by its own sources. */
  readonly store: OwnReport | undefined
}

export interface OwnReport {
  /** The number of the beat in which the store's clock was measured. */
  readonly sequence: number
  readonly atStoreMs: number
  /** The store's clock minus UTC. */
  readonly offsetMs: number
  readonly errorMs: number
}

const name = /^[A-Za-z0-9._:-]{1,96}$/
/** Numbers are written to the microsecond. */
const roundingMs = 0.001

/** One line of JSON: `["web-1:4711","0f3a...",0,1234,1764100000000.125,40012.301,1.2]`. */
export function encodeReport({ node, machine, role, store }: NodeReport): string {
  const numbers =
    store === undefined
      ? []
      : [
          store.sequence,
          rounded(store.atStoreMs),
          rounded(store.offsetMs),
          rounded(store.errorMs + 2 * roundingMs),
        ]
  return JSON.stringify([node, machine, role === 'agent' ? 1 : 0, ...numbers])
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

/** As `viewInCommon` takes it; nothing of a node that does not know UTC. */
export function storeReports(reports: readonly NodeReport[]): readonly StoreReport[] {
  return reports.flatMap(({ node, machine, store }) =>
    store === undefined ? [] : [{ node, machine, ...store }],
  )
}

/** Whether it can be the name of a node or a machine. */
export function isName(text: unknown): text is string {
  return typeof text === 'string' && name.test(text)
}

function decodeReport(line: string): NodeReport | undefined {
  const value = parseJson(line)
  if (!Array.isArray(value) || (value.length !== 3 && value.length !== 7)) return undefined
  const [node, machine, role, ...numbers] = value as readonly unknown[]
  if (!isName(node) || !isName(machine) || (role !== 0 && role !== 1)) return undefined
  const [sequence, atStoreMs, offsetMs, errorMs] = numbers.filter(number =>
    Number.isFinite(number),
  ) as number[]
  const known = { node, machine, role: role === 1 ? 'agent' : 'service' } as const
  if (numbers.length === 0) return { ...known, store: undefined }
  if (sequence === undefined || atStoreMs === undefined || offsetMs === undefined) return undefined
  if (errorMs === undefined || errorMs < 0) return undefined
  return { ...known, store: { sequence, atStoreMs, offsetMs, errorMs } }
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
