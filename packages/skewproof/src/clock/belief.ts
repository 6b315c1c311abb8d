import { Ensemble, type EnsembleOptions, type SourceRecord } from './ensemble.ts'
import { Estimate, type EstimateOptions } from './estimate.ts'
import { SourceError, type TimeSample, type TimeSource } from './source.ts'

/** What some sources say together, and a clock that follows it. It asks none of them: it is told what they answer. */
export class Belief {
  readonly clock: Estimate
  readonly ensemble: Ensemble
  readonly #records: ReadonlyMap<TimeSource, SourceRecord>

  constructor(
    sources: readonly TimeSource[],
    clockOptions: EstimateOptions,
    ensembleOptions: EnsembleOptions,
  ) {
    this.clock = new Estimate(clockOptions)
    this.ensemble = new Ensemble(sources, ensembleOptions)
    this.#records = new Map(this.ensemble.records.map(record => [record.source, record]))
  }

  /** Takes a source's answer, and adopts what all say together at this instant, if they agree and the clock may follow. */
  take(source: TimeSource, answer: TimeSample | SourceError, monotonicMs: number): void {
    const record = this.#records.get(source)
    if (record === undefined) return
    if (answer instanceof SourceError) this.ensemble.fail(record, answer)
    else this.ensemble.accept(record, answer)
    const verdict = this.ensemble.judge(monotonicMs, this.clock.believed())
    if (verdict.kind === 'adopt') this.clock.adopt(verdict.sample)
  }
}
