import type { FleetNode } from 'skewproof/fleet'

const capacity = 300

/** Verdicts that let a request pass. */
const accepting = new Set(['valid', 'ambiguous'])

export interface VerdictRate {
  /** `valid`, `ambiguous` or an error's code. */
  readonly name: string
  readonly isAccepting: boolean
  readonly perSecond: number
}

/** The sums over all nodes, those that accept first, then the most frequent. */
export function sumVerdicts(nodes: readonly Pick<FleetNode, 'verdictsPerSecond'>[]): readonly VerdictRate[] {
  const sums = new Map<string, number>()
  for (const { verdictsPerSecond } of nodes) {
    for (const [name, rate] of Object.entries(verdictsPerSecond)) sums.set(name, (sums.get(name) ?? 0) + rate)
  }
  return [...sums]
    .map(([name, perSecond]) => ({ name, isAccepting: accepting.has(name), perSecond }))
    .sort((a, b) => Number(b.isAccepting) - Number(a.isAccepting) || b.perSecond - a.perSecond)
}

/** How many tokens were accepted and refused in each of the last five minutes' seconds. */
export class VerdictHistory {
  #moments: { readonly atMs: number; readonly accepted: number; readonly refused: number }[] = []

  add(atMs: number, rates: readonly VerdictRate[]): void {
    const sum = (isAccepting: boolean) =>
      rates.reduce((total, rate) => total + (rate.isAccepting === isAccepting ? rate.perSecond : 0), 0)
    this.#moments = [...this.#moments.slice(1 - capacity), { atMs, accepted: sum(true), refused: sum(false) }]
  }

  /** Columns, as a plot takes them. */
  columns(): readonly [seconds: number[], accepted: number[], refused: number[]] {
    return [
      this.#moments.map(({ atMs }) => atMs / 1000),
      this.#moments.map(({ accepted }) => accepted),
      this.#moments.map(({ refused }) => refused),
    ]
  }
}
