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

/**
 * The interval that holds true time if more than half of all votes are honest (Marzullo 1984; RFC 5905, 11.2.1).
 *
 * It is the hull of all instants that enough sources contain, rather than the smallest interval that most of them share:
 * a liar whose interval overlaps the honest ones could otherwise cut true time off.
 *
 * @param silentVotes votes of sources that are expected to answer and have not. They may all be honest, so that fewer of
 * the others are sure to be; but until those that agree are more than half of all, nothing is said: a liar must not win by
 * being the first to answer.
 */
export function fuse(sources: readonly SourceInterval[], silentVotes = 0): Fusion {
  const total = votesOf(sources) + silentVotes
  const hull = hullOf(sources, Math.floor(total / 2) + 1 - silentVotes)
  if (hull === undefined) return { kind: silentVotes > 0 || sources.length === 0 ? 'nothing' : 'undecidable' }
  const agrees = (source: SourceInterval): boolean =>
    source.earliestMs <= hull.latestMs && source.latestMs >= hull.earliestMs
  const truechimers = sources.filter(agrees)
  if (votesOf(truechimers) * 2 <= total) return { kind: 'nothing' }
  return {
    kind: 'agreement',
    ...hull,
    truechimers: truechimers.map(source => source.name),
    falsetickers: sources.filter(source => !agrees(source)).map(source => source.name),
  }
}

function votesOf(sources: readonly SourceInterval[]): number {
  return sources.reduce((sum, { votes }) => sum + votes, 0)
}

/** From the first to the last instant that sources with at least so many votes contain. */
function hullOf(
  sources: readonly SourceInterval[],
  needed: number,
): { earliestMs: number; latestMs: number } | undefined {
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
