/** At a hundred nodes a second the store has little to do, however many there are. */
const beatMsPerNode = 10

/** How long a node waits between two beats, ms: longer the more nodes there are, so that the store's work stays the same. */
export function beatIntervalMs(nodes: number, shortestMs: number): number {
  return Math.max(shortestMs, nodes * beatMsPerNode)
}

/** How old a report may be, by the store's clock: a node that missed two beats still counts. */
export function staleAfterMs(intervalMs: number): number {
  return 3.5 * intervalMs + 1000
}
