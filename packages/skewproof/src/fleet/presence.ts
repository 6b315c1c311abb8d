import type { NodeReport } from './report.ts'

interface Seen {
  readonly sequence: number
  readonly sinceMs: number
}

/**
 * Tells who is still there: whose reports change from beat to beat. It goes by this machine's clock, so that the dead do not
 * seem alive, nor the living dead, when the store's clock is set.
 */
export class Presence {
  #seen: ReadonlyMap<string, Seen> = new Map()

  /** Those of the reports that have changed within `staleAfterMs`, or are new here. */
  filter(reports: readonly NodeReport[], nowMs: number, staleAfterMs: number): readonly NodeReport[] {
    const seen = new Map<string, Seen>()
    for (const { node, sequence } of reports) {
      const before = this.#seen.get(node)
      seen.set(node, before?.sequence === sequence ? before : { sequence, sinceMs: nowMs })
    }
    this.#seen = seen
    return reports.filter(({ node }) => nowMs - (seen.get(node)?.sinceMs ?? nowMs) <= staleAfterMs)
  }
}
