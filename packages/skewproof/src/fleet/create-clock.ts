import type { BoundedClock } from '../clock/index.ts'
import { scheduleReferenced } from '../clock/schedule.ts'
import type { TimeSource } from '../clock/source.ts'
import {
  createClock as createOwnClock,
  type NamedSourcesClockOptions as OwnClockOptions,
  requireSources,
} from '../sources/create-clock.ts'
import type { WithFleet } from '../stores/fleet-store.ts'
import { observedFleet } from '../stores/observed-fleet.ts'
import { parseDurationMs } from '../time/index.ts'
import { nodeIdentity } from './identity.ts'
import { FleetMember } from './member.ts'

export interface NamedSourcesClockOptions extends Omit<OwnClockOptions, 'sources'> {
  /**
   * Time sources, or the texts that name them (`'chrony'`). With a store this process becomes a node of the fleet that shares
   * it: it leaves word of its clock there, and knows the time by what the others say. Default: the time daemons that this host runs.
   */
  sources?: readonly (TimeSource | string | WithFleet)[]
}

/**
 * A clock that measures true time with a bound, whatever the wall clock says.
 *
 * ```ts
 * const clock = await createClock({ sources: ['chrony', 'sntp:time.example.com'] })
 * const { timeMs, errorMs, status } = clock.now()
 * ```
 *
 * Resolves when all sources have been asked once and the fleet, where there is one, has had its say, or after
 * `firstMeasurement`. A source that cannot be reached is no reason to fail: the status says what is known.
 *
 * @throws OptionError when an option cannot be used
 */
export async function createClock(options: NamedSourcesClockOptions = {}): Promise<BoundedClock> {
  const { sources, ...others } = options
  if (sources === undefined) return createOwnClock(others)
  const members: FleetMember[] = []
  const named = requireSources(sources).map(source => {
    const member = memberOf(source, options)
    if (member !== undefined) members.push(member)
    return member ?? (source as TimeSource | string)
  })
  const schedule = options.schedule ?? scheduleReferenced
  const waitMs = parseDurationMs('firstMeasurement', options.firstMeasurement ?? '1s', { maxMs: 3_600_000 })
  const waited = new Promise<void>(resolve => {
    const cancel = schedule(waitMs, resolve)
    void Promise.all(members.map(member => member.settled)).then(() => {
      cancel()
      resolve()
    })
  })
  const clock = await createOwnClock({ ...others, sources: named })
  await waited
  return clock
}

function memberOf(
  source: TimeSource | string | WithFleet,
  { host }: NamedSourcesClockOptions,
): FleetMember | undefined {
  if (source instanceof FleetMember) return source
  if (typeof source === 'string' || !('fleet' in source)) return undefined
  return new FleetMember({ store: observedFleet(source), identity: nodeIdentity({ ...(host && { host }) }) })
}
