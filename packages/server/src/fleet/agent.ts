import { type BoundedClock, formatDuration } from 'skewproof'
import { FleetMember, nodeIdentity } from 'skewproof/fleet'
import { redisFleet } from 'skewproof/redis'
import { openHostClock } from '../host-clock.ts'
import { describeRedis, hasRedis, type RedisSettings, readRedisOptions } from '../redis-settings.ts'
import { UsageError } from '../usage-error.ts'
import { version } from '../version.ts'

export interface AgentSettings extends RedisSettings {
  readonly source: readonly string[]
  readonly node?: string
}

export interface RunningAgent {
  /** Takes this node out of the fleet. */
  stop(): Promise<void>
}

const checkEveryMs = 1000

/**
 * A node that only leaves word of its machine's clock.
 *
 * @param say told in a line when something changes
 * @throws UsageError or OptionError
 */
export async function startAgent(
  settings: AgentSettings,
  say: (line: string) => void,
): Promise<RunningAgent> {
  if (!hasRedis(settings))
    throw new UsageError('say where the fleet meets: --redis, --redis-sentinel or --redis-cluster')
  const store = redisFleet(readRedisOptions(settings))
  const identity = nodeIdentity({ name: settings.node, role: 'agent', version })
  const member = new FleetMember({ store, identity })
  let clock: BoundedClock
  try {
    clock = await openHostClock(settings.source, [member])
  } catch (error) {
    store.close()
    throw error
  }
  say(`This machine reports its clock as ${identity.node} to ${describeRedis(settings)}`)
  let said = ''
  const timer = setInterval(() => {
    const line = describeClock(clock, member)
    if (line.kind !== said) say(line.text)
    said = line.kind
  }, checkEveryMs)
  return {
    stop: async () => {
      clearInterval(timer)
      clock.close()
      await member.leave()
      store.close()
    },
  }
}

/** What an operator wants to read in the log, when it is of another kind than before. */
function describeClock(
  clock: BoundedClock,
  member: FleetMember,
): { readonly kind: string; readonly text: string } {
  const fleet = clock.sources.find(({ name }) => name === member.name)
  const { status, errorMs } = clock.now()
  const isOutvoted = member.knowledge?.readiness.ready === false
  if (fleet?.lastError !== undefined && fleet.status === 'unreachable' && member.knowledge === undefined)
    return { kind: 'unreachable', text: `The fleet cannot be reached: ${fleet.lastError}` }
  if (isOutvoted) return { kind: 'outvoted', text: "The other nodes outvote this machine's time sources" }
  const bound = Number.isFinite(errorMs) ? `, within ${formatDuration(errorMs)}` : ''
  return { kind: status, text: `The clock is ${status}${bound}` }
}
