const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const

/** Seconds as jsonwebtoken and jose read them: `'15m'`, `'36h'`, `'90s'`; in the largest unit that leaves no fraction. */
export function formatSeconds(seconds: number): string {
  for (const [unit, size] of units) {
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`
  }
  return `${seconds}s`
}
