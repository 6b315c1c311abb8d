/** A minus sign that is as wide as the plus. */
const minus = '−'

/** A duration in the unit that suits it, to three digits: `0.12 ms`, `12.3 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatSpan(ms: number): string {
  const size = Math.abs(ms)
  if (size < 999.5) return `${digits(size)} ms`
  if (size < 59_950) return `${digits(size / 1000)} s`
  if (size < 3_599_500) return pair(size, 60_000, 'min', 1000, 's')
  if (size < 172_800_000) return pair(size, 3_600_000, 'h', 60_000, 'min')
  return pair(size, 86_400_000, 'd', 3_600_000, 'h')
}

/** How long something is ago, or lasts, to the second. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return seconds < 60 ? `${seconds} s` : formatSpan(seconds * 1000)
}

/** With its sign: `+12.3 ms`, `−3 min`. Positive is ahead. */
export function formatOffset(ms: number | null): string {
  if (ms === null) return 'unknown'
  if (Math.abs(ms) < 0.005) return '0 ms'
  return `${ms < 0 ? minus : '+'}${formatSpan(ms)}`
}

export function formatBound(errorMs: number | null): string {
  return errorMs === null ? 'unbounded' : `± ${formatSpan(errorMs)}`
}

/** In words, as one says it. */
export function describeOffset(ms: number | null): string {
  if (ms === null) return 'unknown'
  if (Math.abs(ms) < 0.05) return 'exact'
  return `${formatSpan(ms)} ${ms < 0 ? 'behind' : 'ahead'}`
}

export function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0'
  if (perSecond < 0.01) return '< 0.01'
  if (perSecond < 100) return digits(perSecond)
  return Math.round(perSecond).toLocaleString('en-US')
}

/** A moment of UTC, to the second. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19)
}

export function formatInstant(ms: number): string {
  const iso = new Date(ms).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
}

function digits(value: number): string {
  if (value < 9.995) return value.toFixed(2)
  if (value < 99.95) return value.toFixed(1)
  return String(Math.round(value))
}

function pair(ms: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const smalls = Math.round(ms / small)
  const perLarge = large / small
  const rest = smalls % perLarge
  const whole = `${Math.floor(smalls / perLarge)} ${largeUnit}`
  return rest === 0 ? whole : `${whole} ${rest} ${smallUnit}`
}
