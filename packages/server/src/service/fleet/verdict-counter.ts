import type { Verification } from 'skewproof'

/** How many verifications of one kind ended so. */
export interface VerdictCount {
  readonly verdict: Verification['verdict']
  readonly code: string | null
  readonly culprit: string | null
  readonly count: number
}

type Counting = VerdictCount & { count: number }

/** Rates are means over so many seconds. */
const seconds = 10

/** Counts verifications by how they ended, second by second. There are few kinds: what is in tokens makes no new ones. */
export class VerdictCounter {
  #current = new Map<string, Counting>()
  #past: readonly (readonly VerdictCount[])[] = []

  note({ verdict, code, culprit }: Pick<Verification, 'verdict' | 'code' | 'culprit'>): void {
    const key = code === undefined ? verdict : `${code} ${culprit}`
    const known = this.#current.get(key)
    if (known === undefined)
      this.#current.set(key, { verdict, code: code ?? null, culprit: culprit ?? null, count: 1 })
    else known.count += 1
  }

  /** Ends a second, and gives what was counted in it. */
  endSecond(): readonly VerdictCount[] {
    const counts = [...this.#current.values()]
    this.#current = new Map()
    this.#past = [...this.#past, counts].slice(-seconds)
    return counts
  }

  /** By `valid`, `ambiguous`, or the code of the refusal. */
  perSecond(): Readonly<Record<string, number>> {
    const sums = new Map<string, number>()
    for (const { verdict, code, count } of this.#past.flat()) {
      const name = code ?? verdict
      sums.set(name, (sums.get(name) ?? 0) + count)
    }
    return Object.fromEntries([...sums].map(([name, sum]) => [name, sum / this.#past.length]))
  }
}
