import { type CommonView, type StoreReport, viewInCommon } from '../fleet/common-view.ts'

/** How fast the store's clock may drift at worst; reports that are older than this do not count. */
const limits = { driftPpm: 200, staleAfterMs: 60_000 }

/** What the servers have left in the store about its clock. */
export class SimulatedFleet {
  readonly #reports = new Map<string, StoreReport>()
  #view: CommonView = { kind: 'agreement' }
  #newReports = 0

  get size(): number {
    return this.#reports.size
  }

  leave(report: StoreReport): void {
    this.#reports.set(report.node, report)
    this.#newReports += 1
  }

  /** What all reports say together. It is computed anew when a tenth of them are new: that is what makes a difference. */
  view(storeNowMs: number): CommonView {
    if (this.#newReports > 0 && this.#newReports * 10 >= this.#reports.size) {
      this.#view = viewInCommon([...this.#reports.values()], storeNowMs, limits)
      this.#newReports = 0
    }
    return this.#view
  }

  /** The store's clock was moved: what was said of it is void. */
  forget(): void {
    this.#reports.clear()
    this.#view = { kind: 'agreement' }
    this.#newReports = 0
  }
}
