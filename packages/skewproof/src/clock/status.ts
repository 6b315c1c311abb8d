import type { ClockStatus } from './clock.ts'

/** What a clock's status follows from. */
export interface StatusFacts {
  /** Since sources last agreed; `undefined` when they never have. */
  readonly agreedForMs: number | undefined
  /** A step or a suspend was seen since. */
  readonly isDisrupted: boolean
  /** The bound now. */
  readonly errorMs: number
}

export interface StatusLimits {
  /** How long an agreement counts as fresh. */
  readonly freshForMs: number
  /** A larger bound is worth nothing. */
  readonly maxErrorMs: number
}

/**
 * The status machine. It has no memory of its own: the facts are the state.
 *
 * | agreed | disrupted | bound | status |
 * | --- | --- | --- | --- |
 * | never | any | any | unsynchronized |
 * | yes | yes | any | disrupted |
 * | yes | no | too large | unsynchronized |
 * | yes, long ago | no | within | holdover |
 * | yes, lately | no | within | synchronized |
 */
export function clockStatus(facts: StatusFacts, limits: StatusLimits): ClockStatus {
  if (facts.agreedForMs === undefined) return 'unsynchronized'
  if (facts.isDisrupted) return 'disrupted'
  if (facts.errorMs > limits.maxErrorMs) return 'unsynchronized'
  return facts.agreedForMs > limits.freshForMs ? 'holdover' : 'synchronized'
}
