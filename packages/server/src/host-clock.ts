import { type BoundedClock, createClock, type TimeSource } from 'skewproof'
import { discoverSources } from 'skewproof/sources'
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

/** Who this host is to the others of its fleet. */
export const nodeSetting: Setting = {
  flags: '--node <name>',
  description: 'what this machine is called in the fleet (default: its host name)',
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
 * @param others what else tells the time
 * @throws UsageError or OptionError for names that cannot be used
 */
export async function openHostClock(
  names: readonly string[],
  others: readonly TimeSource[] = [],
): Promise<BoundedClock> {
  if (isNoSource(names)) return createClock({ sources: others, firstMeasurement: '5s' })
  const own = names.length > 0 ? names : await discoverSources()
  return createClock({ sources: [...own, ...others], firstMeasurement: '5s' })
}
