/** A bound or an age for people: three significant digits, in the unit that suits. */
export function formatMs(ms: number): string {
  const [value, unit] = inUnit(Math.abs(ms))
  return `${ms < 0 ? '-' : ''}${value} ${unit}`
}

/** An offset for people: with its sign. */
export function formatOffset(ms: number): string {
  return `${ms < 0 ? '' : '+'}${formatMs(ms)}`
}

function inUnit(ms: number): [string, string] {
  if (ms < 0.9995) return [digits(ms * 1000), 'us']
  if (ms < 999.5) return [digits(ms), 'ms']
  return [digits(ms / 1000), 's']
}

function digits(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
