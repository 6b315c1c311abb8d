import { OptionError } from '../time/index.ts'
import { type ClockReading, isReliable } from './clock.ts'
import { correctionBy, mayCorrect } from './correction.ts'
import { type Fusion, fuse, type SourceInterval } from './fusion.ts'
import { betterSample, findAbsurdity, sampleErrorAt, sampleTimeAt } from './sample.ts'
import {
  SourceError,
  type SourceErrorReason,
  type SourceStanding,
  type TimeSample,
  type TimeSource,
} from './source.ts'

/** What is known of one source. */
export class SourceRecord {
  readonly source: TimeSource
  sample: TimeSample | undefined
  standing: SourceStanding = 'pending'
  hasAnswered = false
  /** Failures since the last good answer, and good answers that agreed since the last that did not. */
  failures = 0
  agreements = 0
  /** Not to be asked before, by the uptime, which counts suspends. */
  notBeforeMs = 0
  lastError: SourceError | undefined
  readonly errors: Map<SourceErrorReason, number> = new Map()

  constructor(source: TimeSource) {
    this.source = source
  }
}

export interface EnsembleOptions {
  readonly driftPpm: number
  readonly maxCorrectionMs: number
  /** An older sample is not used any more. */
  readonly staleAfterMs: number
}

export type Verdict =
  | { readonly kind: 'adopt'; readonly sample: TimeSample }
  | { readonly kind: 'undecidable' }
  | { readonly kind: 'refused'; readonly byMs: number }
  | { readonly kind: 'nothing' }

/** A source that has failed so often in a row, over some ten minutes, is not counted on any more; a daemon of this host, over half a minute. */
const failuresUntilGone = 8
/** One that never answered, after some ten seconds: a lost packet at the start must not leave the vote to a liar. */
const failuresUntilNeverThere = 3

/** Whether a source that is silent now may yet have its say. */
function isCountedOn({ failures, hasAnswered }: SourceRecord): boolean {
  return failures < (hasAnswered ? failuresUntilGone : failuresUntilNeverThere)
}

/** Those of its sample, or for as long as there is none, those of the source. */
function votesOf(records: readonly SourceRecord[]): number {
  return records.reduce((sum, { source, sample }) => sum + (sample?.votes ?? source.votes ?? 1), 0)
}

/** All sources of a clock and what they say together. It does no I/O and reads no clock. */
export class Ensemble {
  readonly records: readonly SourceRecord[]
  readonly #options: EnsembleOptions

  constructor(sources: readonly TimeSource[], options: EnsembleOptions) {
    requireSources(sources)
    this.records = sources.map(source => new SourceRecord(source))
    this.#options = options
  }

  /** Takes an answer. One that cannot be true counts as a failure. */
  accept(record: SourceRecord, sample: TimeSample): void {
    const absurdity = findAbsurdity(sample)
    if (absurdity !== undefined) {
      this.fail(record, new SourceError('absurd', `its answer cannot be used: ${absurdity}`))
      return
    }
    const { driftPpm, staleAfterMs } = this.#options
    const isOfOtherWeight = sample.votes !== record.sample?.votes
    const better = isOfOtherWeight ? sample : betterSample(record.sample, sample, driftPpm, staleAfterMs)
    record.sample = sample.votes === 0 ? undefined : better
    record.hasAnswered = true
    record.failures = 0
    record.agreements += 1
    record.lastError = undefined
  }

  fail(record: SourceRecord, error: SourceError): void {
    record.failures += 1
    record.lastError = error
    this.count(record, error.reason)
  }

  /** Something went wrong, which may not yet be a failure. */
  count({ errors }: SourceRecord, reason: SourceErrorReason): void {
    errors.set(reason, (errors.get(reason) ?? 0) + 1)
  }

  /** What was measured before does not hold any more: the clocks that it was measured with were disturbed. */
  forgetSamples(): void {
    for (const record of this.records) {
      record.sample = undefined
      record.agreements = 0
      record.standing = 'pending'
    }
  }

  /** What the sources say together at this instant, and whether the clock may follow. */
  judge(monotonicMs: number, believed: ClockReading): Verdict {
    const usable = this.records.filter(record => this.#isUsable(record, monotonicMs))
    const absent = this.records.filter(record => !usable.includes(record) && votesOf([record]) > 0)
    const silentVotes = votesOf(absent.filter(isCountedOn))
    const goneVotes = votesOf(absent) - silentVotes
    // At the instant of the newest sample: an agreement is as old as what it rests on.
    const atMs = Math.max(...usable.map(record => record.sample?.monotonicMs ?? 0))
    const fusion = fuse(
      usable.map(record => this.#intervalOf(record, atMs)),
      { silentVotes, goneVotes },
    )
    this.#setStandings(usable, fusion)
    if (fusion.kind !== 'agreement') return fusion
    const agreeing = usable.filter(record => record.standing === 'selected')
    const sample = {
      monotonicMs: atMs,
      timeMs: (fusion.earliestMs + fusion.latestMs) / 2,
      errorMs: (fusion.latestMs - fusion.earliestMs) / 2,
      driftPpm: Math.max(...agreeing.map(record => record.sample?.driftPpm ?? this.#options.driftPpm)),
    }
    const sinceMs = monotonicMs - atMs
    const correction = {
      byMs: correctionBy(believed, fusion.earliestMs + sinceMs, fusion.latestMs + sinceMs),
      sources: votesOf(agreeing),
      isAuthenticated: agreeing.some(record => record.source.authenticated),
    }
    if (!mayCorrect(correction, this.#options.maxCorrectionMs)) {
      for (const record of agreeing) setStanding(record, 'refused')
      return { kind: 'refused', byMs: correction.byMs }
    }
    // Half an answer is worth less than what is known already.
    const isWorse = absent.length > 0 && isReliable(believed) && sample.errorMs > believed.errorMs
    return isWorse ? { kind: 'nothing' } : { kind: 'adopt', sample }
  }

  #isUsable({ sample }: SourceRecord, monotonicMs: number): boolean {
    return sample !== undefined && monotonicMs - sample.monotonicMs <= this.#options.staleAfterMs
  }

  #intervalOf({ source, sample }: SourceRecord, monotonicMs: number): SourceInterval {
    if (sample === undefined) throw new RangeError('a source without a sample has no interval')
    const timeMs = sampleTimeAt(sample, monotonicMs)
    const errorMs = sampleErrorAt(sample, monotonicMs, this.#options.driftPpm)
    return {
      name: source.name,
      earliestMs: timeMs - errorMs,
      latestMs: timeMs + errorMs,
      votes: sample.votes ?? source.votes ?? 1,
    }
  }

  #setStandings(usable: readonly SourceRecord[], fusion: Fusion): void {
    for (const record of this.records) {
      setStanding(record, standingOf(record, usable.includes(record), fusion))
    }
  }
}

function standingOf({ source, failures }: SourceRecord, isUsable: boolean, fusion: Fusion): SourceStanding {
  if (!isUsable) return failures > 0 ? 'unreachable' : 'pending'
  if (fusion.kind === 'undecidable') return 'undecidable'
  if (fusion.kind === 'nothing') return 'pending'
  return fusion.falsetickers.includes(source.name) ? 'falseticker' : 'selected'
}

function setStanding(record: SourceRecord, standing: SourceStanding): void {
  record.standing = standing
  if (standing !== 'selected') record.agreements = 0
}

/** Two of one name could not be told apart, and one that is asked twice would have two votes. */
function requireSources(sources: readonly TimeSource[]): void {
  for (const [index, { name, votes = 1, minPollMs }] of sources.entries()) {
    if (sources.findIndex(source => source.name === name) !== index)
      throw new OptionError('sources', `'${name}' is there twice`)
    if (!(Number.isSafeInteger(votes) && votes >= 0))
      throw new OptionError('sources', `'${name}' has ${votes} votes; use a whole number`)
    if (!(minPollMs >= 0 && Number.isFinite(minPollMs)))
      throw new OptionError('sources', `'${name}' has a minPollMs of ${minPollMs}; use 0 or more`)
  }
}
