import { type Summary, summarize } from './statistics.js'

/** One way to do the work that is measured. */
export interface Contestant<T> {
  readonly name: string
  /** Makes what so many runs of the work need; the time it takes is not counted. */
  prepare(count: number): readonly T[]
  /** Does the work once for each item. */
  run(items: readonly T[]): void | Promise<void>
}

export interface RoundsOptions {
  readonly rounds: number
  /** How long each contestant works in each round, ms. */
  readonly roundMs: number
  /** No more items than this are prepared at once. Default 2000. */
  readonly maxBatch?: number
}

/** What a contestant did. */
export interface Outcome {
  readonly name: string
  /** Operations per second. */
  readonly rate: Summary
  /** The rate of each round. */
  readonly rates: readonly number[]
}

const batchMs = 5

/**
 * Measures all contestants in one process, by turns: what slows the machine down for a while slows all of them. The order
 * changes with each round. A first round warms up and does not count.
 */
export async function compare<T>(
  contestants: readonly Contestant<T>[],
  options: RoundsOptions,
): Promise<readonly Outcome[]> {
  const rates = contestants.map(() => [] as number[])
  const batches = contestants.map(() => 1)
  for (let round = 0; round <= options.rounds; round += 1) {
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const index = (turn + round) % contestants.length
      const contestant = contestants[index]
      if (contestant === undefined) continue
      const { rate, batch } = await measure(contestant, batches[index] ?? 1, options)
      batches[index] = batch
      if (round > 0) rates[index]?.push(rate)
    }
  }
  return contestants.map(({ name }, index) => {
    const own = rates[index] ?? []
    return { name, rate: summarize(own), rates: own }
  })
}

/** How many times as fast one is as another: the median of what each round says. */
export function ratio(one: Outcome, other: Outcome): Summary {
  return summarize(one.rates.map((rate, round) => rate / (other.rates[round] ?? Number.NaN)))
}

export function outcomeOf(outcomes: readonly Outcome[], name: string): Outcome {
  const outcome = outcomes.find(one => one.name === name)
  if (outcome === undefined) throw new Error(`${name} was not measured`)
  return outcome
}

/** Waits for the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

async function measure<T>(
  contestant: Contestant<T>,
  firstBatch: number,
  { roundMs, maxBatch = 2000 }: RoundsOptions,
): Promise<{ rate: number; batch: number }> {
  let batch = firstBatch
  let elapsedMs = 0
  let count = 0
  while (elapsedMs < roundMs) {
    const items = contestant.prepare(batch)
    const startedMs = performance.now()
    const pending = contestant.run(items)
    if (pending !== undefined) await pending
    const tookMs = performance.now() - startedMs
    elapsedMs += tookMs
    count += items.length
    if (tookMs < batchMs) batch = Math.min(maxBatch, batch * 2)
    // What was put off to the next turn of the event loop belongs to this contestant, and to no other.
    await nextTurn()
  }
  return { rate: (count / elapsedMs) * 1000, batch }
}
