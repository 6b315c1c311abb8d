import { basename, join } from 'node:path'
import { exists, readStart } from './files.ts'
import type { HostFacts } from './host.ts'

/** Where facts are gathered; tests give a folder that looks like a machine. */
export interface Machine {
  readonly platform: string
  readonly root: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export async function gatherHost(machine: Machine): Promise<HostFacts> {
  const [clocksource, container, fakedBy] = await Promise.all([
    readClocksource(machine),
    findContainer(machine),
    findFakedClock(machine),
  ])
  return { platform: machine.platform, clocksource, container, fakedBy }
}

async function readClocksource({ root }: Machine): Promise<HostFacts['clocksource']> {
  const folder = join(root, 'sys/devices/system/clocksource/clocksource0')
  const [current, available] = await Promise.all([
    readStart(join(folder, 'current_clocksource')),
    readStart(join(folder, 'available_clocksource')),
  ])
  const name = current?.trim()
  if (name === undefined || name === '') return undefined
  return { current: name, available: (available ?? '').split(/\s+/).filter(Boolean) }
}

/** What each runtime leaves for those who look. */
export async function findContainer({ root, env }: Machine): Promise<string | undefined> {
  if (env['KUBERNETES_SERVICE_HOST'] !== undefined) return 'kubernetes'
  if (await exists(join(root, '.dockerenv'))) return 'docker'
  if (await exists(join(root, 'run/.containerenv'))) return 'podman'
  const systemd = (await readStart(join(root, 'run/systemd/container')))?.trim() ?? env['container']
  if (systemd !== undefined && systemd !== '') return systemd
  const cgroups = (await readStart(join(root, 'proc/1/cgroup'))) ?? ''
  return /\b(docker|kubepods|containerd|libpod|lxc)\b/.exec(cgroups)?.[1]
}

async function findFakedClock({ root, env }: Machine): Promise<string | undefined> {
  const preloaded = `${env['LD_PRELOAD'] ?? ''} ${(await readStart(join(root, 'etc/ld.so.preload'))) ?? ''}`
  const library = preloaded.split(/[\s:]+/).find(path => /faketime|datefudge/.test(path))
  return library === undefined ? undefined : basename(library)
}
