/** How many of the requests with one token came out one way. */
export interface TokenCount {
  readonly hits: number
  readonly total: number
}

/** A share with its 95 % confidence interval. */
export interface Estimate {
  readonly share: number
  readonly low: number
  readonly high: number
  readonly hits: number
  readonly total: number
  /** How many independent requests would tell as much. */
  readonly effective: number
}

/** Of the normal distribution, for 95 % and for 99.99 % on both sides. */
const z95 = 1.96
export const z9999 = 3.891

/**
 * A share of requests, with Wilson's interval. Requests with one token are alike, so that they count for less than as many
 * with different ones: the number of requests is divided by the design effect, which follows from how the shares of
 * the tokens scatter (Korn and Graubard 1998).
 */
export function estimateShare(counts: readonly TokenCount[]): Estimate {
  const total = counts.reduce((sum, count) => sum + count.total, 0)
  const hits = counts.reduce((sum, count) => sum + count.hits, 0)
  if (total === 0) return { share: 0, low: 0, high: 1, hits, total, effective: 0 }
  const share = hits / total
  const effective = total / designEffect(counts, share, total)
  return widen({ share, low: 0, high: 1, hits, total, effective }, z95)
}

/** The same share with Wilson's interval of another width. */
export function widen(estimate: Estimate, z: number): Estimate {
  const { share, effective } = estimate
  if (effective === 0) return { ...estimate, low: 0, high: 1 }
  const scale = 1 + z ** 2 / effective
  const centre = (share + z ** 2 / (2 * effective)) / scale
  const half = (z * Math.sqrt((share * (1 - share)) / effective + z ** 2 / (4 * effective ** 2))) / scale
  // What is 0 or 1 but for rounding is 0 or 1.
  const low = estimate.hits === 0 ? 0 : Math.max(0, centre - half)
  const high = estimate.hits === estimate.total ? 1 : Math.min(1, centre + half)
  return { ...estimate, low, high }
}

/** Of how many of the requests it is open how they came out, and how they were counted. */
export interface OpenCount extends TokenCount {
  readonly open: number
  readonly openHits: number
}

/** The interval from the least that the share can be to the most, whichever way the open requests are counted. */
export function widenOpen(counts: readonly OpenCount[], z: number): Estimate {
  const fewest = counts.map(({ hits, total, openHits }) => ({ hits: hits - openHits, total }))
  const most = counts.map(({ hits, total, open, openHits }) => ({ hits: hits + open - openHits, total }))
  const { low } = widen(estimateShare(fewest), z)
  const { high } = widen(estimateShare(most), z)
  return { ...estimateShare(counts), low, high }
}

/** At least 1: that tokens scatter less than chance would have it is taken for chance. */
function designEffect(counts: readonly TokenCount[], share: number, total: number): number {
  const binomial = (share * (1 - share)) / total
  if (binomial === 0 || counts.length < 2) return 1
  const squares = counts.reduce((sum, count) => sum + (count.hits - share * count.total) ** 2, 0)
  const clustered = ((counts.length / (counts.length - 1)) * squares) / total ** 2
  return Math.max(1, clustered / binomial)
}

/** By nearest rank; 0 of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
