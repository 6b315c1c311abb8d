import { type BoundedClock, type CreateClockOptions, createClock as create } from '../clock/index.ts'
import type { TimeSource } from '../clock/source.ts'
import { OptionError } from '../time/index.ts'
import { discoverSources } from './discover.ts'
import { parseSource } from './parse.ts'

export interface NamedSourcesClockOptions extends Omit<CreateClockOptions, 'sources'> {
  /** Time sources, or the texts that name them (`'chrony'`). Default: the time daemons that this host runs. */
  sources?: readonly (TimeSource | string)[]
}

/**
 * A clock that measures true time with a bound, whatever the wall clock says.
 *
 * ```ts
 * const clock = await createClock({ sources: ['chrony', 'sntp:time.example.com'] })
 * const { timeMs, errorMs, status } = clock.now()
 * ```
 *
 * Resolves when all sources have been asked once, or after `firstMeasurement`. A source that cannot be reached is no
 * reason to fail: the status says what is known.
 *
 * @throws OptionError when an option cannot be used
 */
export async function createClock(options: NamedSourcesClockOptions = {}): Promise<BoundedClock> {
  const { sources = await discoverSources(), ...others } = options
  return create({
    ...others,
    sources: requireSources(sources).map(source =>
      typeof source === 'string' ? parseSource(source) : source,
    ),
  })
}

/** @internal @throws OptionError unless it is a list of sources, or of the texts that name them */
export function requireSources<T>(sources: readonly T[]): readonly T[] {
  if (!Array.isArray(sources) || !sources.every(isSource))
    throw new OptionError('sources', "give a list of time sources or of their names, such as ['chrony']")
  return sources
}

function isSource(source: unknown): boolean {
  return typeof source === 'string' || (typeof source === 'object' && source !== null)
}
