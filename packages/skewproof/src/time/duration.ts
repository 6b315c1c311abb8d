import { OptionError } from './option-error.ts'

/** A length of time as a user writes it: seconds, or a string such as `'30s'`, `'15m'`, `'1h'`, `'7d'`. */
export type Duration = number | string

const unitMs = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])

/** Ten thousand years: anything beyond is a unit mistake. */
const maxDurationMs = 10_000 * 365 * 86_400_000

export interface DurationLimits {
  minMs?: number
  maxMs?: number
}

/**
 * Reads a duration: a number is seconds, a string carries its unit (`ms`, `s`, `m`, `h`, `d`, `w`).
 *
 * @param option name of the option, for the error
 * @returns milliseconds
 * @throws OptionError when it is `NaN`, infinite, negative, has no known unit, or is outside `limits`
 */
export function parseDurationMs(option: string, value: unknown, limits: DurationLimits = {}): number {
  const ms = toMs(value)
  if (ms === undefined) {
    throw new OptionError(
      option,
      `${describe(value)} is not a duration; use seconds (30) or a string such as '500ms', '30s', '15m', '1h', '7d'`,
    )
  }
  const { minMs = 0, maxMs = maxDurationMs } = limits
  if (!(ms >= minMs && ms <= maxMs)) {
    throw new OptionError(
      option,
      `${describe(value)} is out of range; use ${formatDuration(minMs)} to ${formatDuration(maxMs)}`,
    )
  }
  return ms
}

function toMs(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? multiply(value, 1000) : undefined
  if (typeof value !== 'string' || value.length > 32) return undefined
  const match = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d|w)$/.exec(value)
  if (match === null) return undefined
  const factor = unitMs.get(match[2] ?? '')
  return factor === undefined ? undefined : multiply(Number(match[1]), factor)
}

/** A product as a person expects it: 0.29 h is 1044000 ms, where binary fractions give 1043999.9999999999. */
function multiply(count: number, factor: number): number {
  return Number((count * factor).toPrecision(15))
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`
  if (typeof value === 'number' || value === null || value === undefined) return String(value)
  return `a value of type ${typeof value}`
}

/**
 * A duration for a person: `'12ms'`, `'1.5s'`, `'3m 0s'`, `'2h 5m'`, `'4d 3h'`. Negative values keep their sign;
 * less than a nanosecond is `'0ms'`, `Infinity` is `'forever'` and `NaN` is `'unknown'`.
 */
export function formatDuration(ms: number): string {
  if (Number.isNaN(ms)) return 'unknown'
  if (Math.abs(ms) < 1e-6) return '0ms'
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms === Number.POSITIVE_INFINITY) return 'forever'
  if (ms < 10) return `${Number(ms.toPrecision(3))}ms`
  // Each unit is rounded from ms and compared once rounded, so that none shows 1000ms, 60s or 60m.
  const wholeMs = Math.round(ms)
  if (wholeMs < 1000) return `${wholeMs}ms`
  const tenths = Math.round(ms / 100)
  if (tenths < 600) return `${tenths / 10}s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${minutes % 60}m`
  const hours = Math.round(ms / 3_600_000)
  return `${Math.floor(hours / 24)}d ${hours % 24}h`
}
