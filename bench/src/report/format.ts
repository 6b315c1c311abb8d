import type { Figure, Unit } from '../benchmark.js'

/** A figure as people read it; with its quartiles where there are some. */
export function formatFigure({ value, low, high, unit }: Figure): string {
  const text = formatValue(value, unit)
  if (low === undefined || high === undefined) return text
  const spread = `${formatValue(low, unit)} – ${formatValue(high, unit)}`
  return spread === `${text} – ${text}` ? text : `${text} <sub>${spread}</sub>`
}

export function formatValue(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return '–'
  switch (unit) {
    case 'per second':
    case 'times':
      return digits(value)
    case 'count':
      return Number.isInteger(value) ? value.toLocaleString('en') : digits(value)
    case 'share':
      return `${digits(value * 100)} %`
    case 'bytes':
      return formatBytes(value)
    case 'us':
      return `${digits(value)} µs`
    default:
      return `${digits(value)} ${unit}`
  }
}

function formatBytes(value: number): string {
  if (value >= 2 ** 20) return `${digits(value / 2 ** 20)} MiB`
  return value >= 10_000 ? `${digits(value / 2 ** 10)} KiB` : `${digits(value)} B`
}

/** Three digits count; the rest is noise. */
function digits(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumSignificantDigits: 3 })
}
