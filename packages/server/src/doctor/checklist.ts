import type { HostClock } from 'skewproof'
import { isNoSource } from '../host-clock.ts'
import { type RedisAccessSettings, readRedisAccess } from '../redis-access.ts'
import { requireRedisUrl } from '../redis-url.ts'
import { readCredentials } from '../service/credentials.ts'
import { serviceUrl } from '../service-url.ts'
import { type CheckId, skip } from './check.ts'
import { judgeCloud } from './cloud.ts'
import { judgeDaemons } from './daemon.ts'
import { gatherCloud } from './gather-cloud.ts'
import { findRunning, gatherDaemons } from './gather-daemon.ts'
import { gatherHost, type Machine } from './gather-host.ts'
import { gatherService } from './gather-service.ts'
import { gatherSynchronization, requireSources, sourcesOf } from './gather-synchronization.ts'
import type { CheckGroup } from './group.ts'
import { judgeHost } from './host.ts'
import { judgeProject } from './project.ts'
import { judgeRedis } from './redis.ts'
import { judgeService } from './service.ts'
import { judgeSynchronization } from './synchronization.ts'
import { judgeTolerance } from './tolerance.ts'

export interface DoctorSettings extends RedisAccessSettings {
  /** Where time is measured; none: the daemons that run here. */
  readonly source: readonly string[]
  readonly clockTolerance: string
  readonly redis?: string
  readonly url?: string
  readonly credentials?: string
  readonly project?: string
}

const localDeadlineMs = 5000
const networkDeadlineMs = 5000

/**
 * All checks, in the order in which they are shown.
 *
 * @throws UsageError when a setting cannot be used
 */
export function checkGroups(
  settings: DoctorSettings,
  machine: Machine,
  host: HostClock,
): readonly CheckGroup[] {
  return [
    {
      id: 'daemon.installed',
      deadlineMs: localDeadlineMs,
      run: async () => judgeDaemons(await gatherDaemons(machine)),
    },
    synchronizationGroup(settings, machine, host),
    {
      id: 'cloud.source',
      deadlineMs: localDeadlineMs,
      run: async () => [judgeCloud(await gatherCloud(machine))],
    },
    {
      id: 'host.clocksource',
      deadlineMs: localDeadlineMs,
      run: async () => judgeHost(await gatherHost(machine)),
    },
    {
      id: 'tolerance.configured',
      deadlineMs: localDeadlineMs,
      run: async () => [judgeTolerance(settings.clockTolerance)],
    },
    redisGroup(settings, host),
    serviceGroup(settings, host),
    projectGroup(settings),
  ]
}

function synchronizationGroup({ source }: DoctorSettings, machine: Machine, host: HostClock): CheckGroup {
  const id = 'time.synchronized'
  const fix = 'Name another place with --source.'
  if (isNoSource(source)) return notAsked(id, 'no source of time is asked (--source none)', fix)
  requireSources(source)
  const run: CheckGroup['run'] = async signal => {
    const names = source.length > 0 ? source : sourcesOf(await findRunning(machine))
    if (names.length === 0) return [skip(id, 'no daemon runs here that can be asked', fix)]
    return judgeSynchronization(await gatherSynchronization(names, host, signal))
  }
  return { id, deadlineMs: networkDeadlineMs, run }
}

function redisGroup(settings: DoctorSettings, host: HostClock): CheckGroup {
  const { redis: url } = settings
  const id = 'redis.reachable'
  if (url === undefined) return notAsked(id, 'no Redis was named', 'Name one with --redis.')
  requireRedisUrl(url)
  const access = readRedisAccess(settings)
  const run: CheckGroup['run'] = async signal => {
    const { gatherRedis } = await import('./gather-redis.ts')
    return judgeRedis(await gatherRedis({ url, access, host, signal }))
  }
  return { id, deadlineMs: networkDeadlineMs, run }
}

function serviceGroup({ url, credentials: path }: DoctorSettings, host: HostClock): CheckGroup {
  const id = 'service.reachable'
  if (url === undefined) return notAsked(id, 'no service was named', 'Name one with --url.')
  // Whether they can be used is said before anything is asked.
  serviceUrl(url, '/')
  const credentials = path === undefined ? undefined : readCredentials(path)
  const run: CheckGroup['run'] = async signal =>
    judgeService(await gatherService({ url, credentials, host, signal }))
  return { id, deadlineMs: networkDeadlineMs, run }
}

function projectGroup({ project }: DoctorSettings): CheckGroup {
  const id = 'project.files'
  if (project === undefined) return notAsked(id, 'no project was named', 'Name its folder with --project.')
  const run: CheckGroup['run'] = async signal => {
    const { gatherProject } = await import('./gather-project.ts')
    return judgeProject(await gatherProject(project, signal))
  }
  return { id, deadlineMs: Number.POSITIVE_INFINITY, run }
}

function notAsked(id: CheckId, message: string, fix: string): CheckGroup {
  return { id, deadlineMs: localDeadlineMs, run: async () => [skip(id, message, fix)] }
}
