import { beatIntervalMs, staleAfterMs } from '../fleet/cadence.ts'
import { type CommonView, type StoreReport, viewInCommon, votesFor } from '../fleet/common-view.ts'

/** How fast the store's clock may drift at worst, as the library takes it. */
const driftPpm = 500
/** How often a node of a small fleet leaves word. */
const shortestBeatMs = 1000

/** What the servers have left in the store about its clock. */
export class SimulatedFleet {
  readonly beatEveryMs: number
  readonly #reports = new Map<string, StoreReport>()
  #awaited = new Set<string>()
  #view: CommonView = { kind: 'agreement' }
  #newReports = 0

  constructor(servers: number) {
    this.beatEveryMs = beatIntervalMs(servers, shortestBeatMs)
  }

  leave(report: StoreReport): void {
    this.#reports.set(report.node, report)
    this.#awaited.delete(report.node)
    this.#newReports += 1
  }

  /** What all reports say together. It is computed anew when a tenth of them are new: that is what makes a difference. */
  view(storeNowMs: number): CommonView {
    if (this.#newReports * 10 >= this.#reports.size) {
      const limits = { driftPpm, staleAfterMs: staleAfterMs(this.beatEveryMs), awaited: [...this.#awaited] }
      this.#view = viewInCommon([...this.#reports.values()], storeNowMs, limits)
      this.#newReports = 0
    }
    return this.#view
  }

  /** How many votes the view has for a node. */
  votesFor(view: CommonView, node: string): number {
    return votesFor(view, [...this.#reports.values()], node)
  }

  /** The store's clock was moved: what was said of it is void, and those who said it will say something else. */
  forget(): void {
    this.#awaited = new Set([...this.#awaited, ...this.#reports.keys()])
    this.#reports.clear()
    this.#view = { kind: 'pending' }
    this.#newReports = 0
  }
}
