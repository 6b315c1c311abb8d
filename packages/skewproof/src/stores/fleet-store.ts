/**
 * Where the nodes of a fleet leave word of themselves. All of them can read its clock, which need not be right: it is what
 * they compare their own clocks with.
 *
 * Every method rejects with the `TokenError` `ERR_STORE_UNAVAILABLE` when the store cannot be asked.
 */
export interface FleetStore {
  /** How often a node of a small fleet leaves word here, ms. */
  readonly beatEveryMs: number
  /** How finely the store's clock is read, ms. */
  readonly resolutionMs: number
  /** Whether its clock is meant to show the time of day, rather than how much time passes. */
  readonly tellsTimeOfDay: boolean
  /**
   * Leaves word of a node in the place of its earlier one, and answers what all have left: one step, one round trip. A node
   * that leaves none for two minutes, by the store's clock, is forgotten.
   *
   * @throws OptionError when the word is too long
   * @throws TokenError `ERR_STORE_UNAVAILABLE`, also for a new node where there are as many as the store takes
   */
  beat(word: NodeWord): Promise<FleetReading>
  /** What all nodes say of themselves: much, so for those who look at the fleet, and not for each beat. */
  readDescriptions(): Promise<FleetDescriptions>
  /** Takes away what a node has left. */
  leave(node: string): Promise<void>
}

/** A store that nodes see each other through. */
export interface WithFleet {
  readonly fleet: FleetStore
}

/** What a node leaves. The store does not look into it, and keeps each part no longer than it may be. */
export interface NodeWord {
  /** Its name, 1 to 128 characters that can be seen. */
  readonly node: string
  /** What every other node reads with each of its beats: one line of 256 characters at most. */
  readonly report: string
  /** What those read who look at the fleet: one line of 8192 characters at most. */
  readonly description: string
}

export interface FleetReading {
  /** The store's clock at an instant of the step, ms. */
  readonly timeMs: number
  /** What clock that is. Under another name it is another clock, and what was compared with the one before is void. */
  readonly epoch: string
  /** Counts the beats of an epoch: a beat has a larger number than all that were answered before it was sent. */
  readonly sequence: number
  /** What all nodes have left, this one too, in no order; of more than a hundred, as it was a moment ago. */
  readonly reports: readonly string[]
}

export interface FleetDescriptions {
  /** The store's clock, ms. */
  readonly timeMs: number
  readonly nodes: readonly NodeDescription[]
}

export interface NodeDescription {
  readonly node: string
  /** When it last left word, by the store's clock. */
  readonly atMs: number
  readonly description: string
}

/** How many nodes a store takes. */
export const maxNodes = 5000
export const maxReportLength = 256
export const maxDescriptionLength = 8192
/** After so long without a word a node is forgotten. */
export const forgetAfterMs = 120_000
