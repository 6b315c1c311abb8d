/** What one source says of true time at one common instant. */
export interface SourceInterval {
  readonly name: string
  readonly earliestMs: number
  readonly latestMs: number
  /** How many votes it has; 1 for an ordinary source. */
  readonly votes: number
}

export type Fusion =
  /** A majority agrees: true time lies in the interval. Sources that contradict it are named. */
  | {
      readonly kind: 'agreement'
      readonly earliestMs: number
      readonly latestMs: number
      readonly truechimers: readonly string[]
      readonly falsetickers: readonly string[]
    }
  /** All have answered, and no majority of them can be right together. */
  | { readonly kind: 'undecidable' }
  /** Too few have answered. */
  | { readonly kind: 'nothing' }

/** Votes of sources that say nothing now. */
export interface AbsentVotes {
  /** Of those that are expected to answer and have not yet: a liar must not win by being the first to answer. */
  readonly silentVotes?: number
  /** Of those that have not answered for so long that the others decide without them. */
  readonly goneVotes?: number
}

/**
 * The interval that holds true time if more than half of all votes are honest (Marzullo 1984; RFC 5905, 11.2.1).
 *
 * It is the hull of all instants that enough sources contain, rather than the smallest interval that most of them share:
 * a liar whose interval overlaps the honest ones could otherwise cut true time off.
 *
 * Those that are absent may all be honest, so that fewer of the others are sure to be, and the hull is the wider for it.
 * While some are silent nothing is said until those that agree are more than half of all; sources that are gone do not hold
 * up an agreement.
 */
export function fuse(
  sources: readonly SourceInterval[],
  { silentVotes = 0, goneVotes = 0 }: AbsentVotes = {},
): Fusion {
  const total = votesOf(sources) + silentVotes
  const majority = hullOf(sources, moreThanHalf(total) - silentVotes)
  if (majority === undefined)
    return { kind: silentVotes > 0 || sources.length === 0 ? 'nothing' : 'undecidable' }
  const agreeing = sources.filter(source => overlap(source, majority))
  if (votesOf(agreeing) * 2 <= total) return { kind: 'nothing' }
  const sureToBeHonest = moreThanHalf(total + goneVotes) - silentVotes - goneVotes
  // When none is sure to be, one of those that agree is.
  const hull = (sureToBeHonest > 1 ? hullOf(sources, sureToBeHonest) : hullOf(agreeing, 1)) ?? majority
  return {
    kind: 'agreement',
    ...hull,
    truechimers: sources.filter(source => overlap(source, hull)).map(source => source.name),
    falsetickers: sources.filter(source => !overlap(source, hull)).map(source => source.name),
  }
}

type Interval = Pick<SourceInterval, 'earliestMs' | 'latestMs'>

function overlap(one: Interval, other: Interval): boolean {
  return one.earliestMs <= other.latestMs && one.latestMs >= other.earliestMs
}

function moreThanHalf(votes: number): number {
  return Math.floor(votes / 2) + 1
}

function votesOf(sources: readonly SourceInterval[]): number {
  return sources.reduce((sum, { votes }) => sum + votes, 0)
}

/** From the first to the last instant that sources with at least so many votes contain. */
function hullOf(sources: readonly SourceInterval[], needed: number): Interval | undefined {
  if (needed < 1) return undefined
  const edges = sources
    .flatMap(({ earliestMs, latestMs, votes }) => [
      { atMs: earliestMs, votes },
      { atMs: latestMs, votes: -votes },
    ])
    // Intervals are closed: at one instant, what begins counts before what ends.
    .sort((a, b) => a.atMs - b.atMs || b.votes - a.votes)
  let inside = 0
  let earliestMs: number | undefined
  let latestMs: number | undefined
  for (const { atMs, votes } of edges) {
    if (inside >= needed && votes < 0) latestMs = atMs
    inside += votes
    if (inside >= needed) earliestMs ??= atMs
  }
  return earliestMs === undefined || latestMs === undefined ? undefined : { earliestMs, latestMs }
}
