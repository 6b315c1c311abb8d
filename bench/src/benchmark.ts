import type { Summary } from './harness/statistics.js'
import { formatValue } from './report/format.js'

/** Something that is measured on its own. */
export interface Benchmark {
  /** What `--only` calls it. */
  readonly name: string
  readonly title: string
  /** What runs it again; default: `npm run bench -- --only NAME`. */
  readonly command?: string
  run(options: RunOptions): Promise<Findings>
}

export interface RunOptions {
  /** Only shows that it works: little of everything, and its figures mean nothing. */
  readonly quick: boolean
  /** Says what is being done now. */
  progress(doing: string): void
}

/** What was found. */
export interface Findings {
  /** How it was measured, in Markdown. */
  readonly method: string
  readonly tables: readonly Table[]
  readonly plots?: readonly Plot[]
  readonly aims?: readonly Aim[]
}

export type Unit = 'per second' | 'times' | 'ms' | 's' | 'us' | 'ns' | 'bytes' | 'share' | 'count'

/** A number with its unit; with quartiles where it was measured more than once. */
export interface Figure {
  readonly unit: Unit
  readonly value: number
  readonly low?: number
  readonly high?: number
}

export type Cell = string | Figure

export interface Table {
  readonly caption?: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

/** Lines over a common x; each point is one measurement. */
export interface Plot {
  /** Of the file. */
  readonly name: string
  readonly title: string
  readonly x: string
  readonly y: string
  readonly isLogX?: boolean
  readonly isLogY?: boolean
  readonly points: readonly PlotPoint[]
}

export interface PlotPoint {
  readonly line: string
  readonly x: number
  readonly y: number
}

/** What was aimed at, and what was reached. */
export interface Aim {
  readonly work: string
  readonly aim: string
  readonly reached: Figure
  readonly isReached: boolean
}

export function figure(unit: Unit, value: number | Summary): Figure {
  if (typeof value === 'number') return { unit, value }
  return { unit, value: value.median, low: value.low, high: value.high }
}

/** An aim that is reached by at least so much. */
export function atLeast(work: string, aim: number, reached: Figure): Aim {
  return { work, aim: `at least ${formatValue(aim, reached.unit)}`, reached, isReached: reached.value >= aim }
}

/** An aim that is reached by less than so much. */
export function below(work: string, limit: number, reached: Figure): Aim {
  const isReached = reached.value < limit
  return { work, aim: `below ${formatValue(limit, reached.unit)}`, reached, isReached }
}
