import { type BoundedClock, createClock } from 'skewproof'
import type { Setting } from './configuration.ts'
import { UsageError } from './usage-error.ts'

const none = 'none'

/** Where a command or the service measures time. */
export const sourceSetting: Setting = {
  flags: '--source <name>',
  description:
    'where time is measured, such as chrony, sntp:HOST, system (trust this host) or none; may be repeated',
  default: [],
  defaultMeaning: 'what this host has',
  parse: (text, previous) => [...(Array.isArray(previous) ? previous : []), ...text.split(',')],
}

/**
 * Whether no source shall be asked (`--source none`).
 *
 * @throws UsageError when others are named as well
 */
export function isNoSource(names: readonly string[]): boolean {
  if (!names.includes(none)) return false
  if (names.length > 1) throw new UsageError(`--source ${none} cannot be used with other sources`)
  return true
}

/**
 * This host's clock by the sources that were named, or by those that it has.
 *
 * @throws UsageError or OptionError for names that cannot be used
 */
export function openHostClock(names: readonly string[]): Promise<BoundedClock> {
  if (isNoSource(names)) return createClock({ sources: [] })
  return createClock({ ...(names.length > 0 && { sources: names }), firstMeasurement: '5s' })
}
