import { judgeCloud } from './cloud.ts'
import { judgeDaemons } from './daemon.ts'
import { gatherCloud } from './gather-cloud.ts'
import { gatherDaemons } from './gather-daemon.ts'
import { gatherHost, type Machine } from './gather-host.ts'
import type { CheckGroup } from './group.ts'
import { judgeHost } from './host.ts'
import { judgeTolerance } from './tolerance.ts'

export interface DoctorSettings {
  readonly clockTolerance: string
}

const localDeadlineMs = 5000

/** All checks, in the order in which they are shown. */
export function checkGroups({ clockTolerance }: DoctorSettings, machine: Machine): readonly CheckGroup[] {
  return [
    {
      id: 'daemon.installed',
      deadlineMs: localDeadlineMs,
      run: async () => judgeDaemons(await gatherDaemons(machine)),
    },
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
      run: async () => [judgeTolerance(clockTolerance)],
    },
  ]
}
