import { basename, delimiter, join } from 'node:path'
import type { DaemonFacts, DaemonName, RunningDaemon } from './daemon.ts'
import { findProgram, namesIn, readStart } from './files.ts'
import { findContainer, type Machine } from './gather-host.ts'

const daemonNames: readonly DaemonName[] = ['chronyd', 'ntpd', 'systemd-timesyncd']

/** Daemons lie in folders that are not in every user's PATH. */
const daemonFolders: readonly string[] = [
  'usr/local/sbin',
  'usr/sbin',
  'sbin',
  'usr/lib/systemd',
  'lib/systemd',
]

export async function gatherDaemons(machine: Machine): Promise<DaemonFacts> {
  const [container, installed, running] = await Promise.all([
    findContainer(machine),
    findInstalled(machine),
    findRunning(machine),
  ])
  return { platform: machine.platform, container, installed, running }
}

async function findInstalled({ root, env }: Machine): Promise<DaemonFacts['installed']> {
  const path = (env['PATH'] ?? '').split(delimiter).filter(folder => folder.startsWith('/'))
  const folders = [...path, ...daemonFolders].map(folder => join(root, folder))
  const found = await Promise.all(
    daemonNames.map(async name => ({ name, path: await findProgram(name, folders) })),
  )
  return found.flatMap(({ name, path }) => (path === undefined ? [] : [{ name, path }]))
}

/** The daemons among the processes that this one can see; a daemon may be several processes. */
export async function findRunning({ root }: Machine): Promise<readonly RunningDaemon[]> {
  const folder = join(root, 'proc')
  const processes = (await namesIn(folder)).filter(name => /^\d+$/.test(name))
  const daemons = await Promise.all(processes.map(pid => readDaemon(join(folder, pid))))
  return daemons.flatMap(daemon => daemon ?? [])
}

async function readDaemon(folder: string): Promise<RunningDaemon | undefined> {
  const comm = (await readStart(join(folder, 'comm')))?.trim()
  // The kernel keeps 15 characters of a name.
  const name = daemonNames.find(daemon => daemon.slice(0, 15) === comm)
  if (name === undefined) return undefined
  const args = ((await readStart(join(folder, 'cmdline'))) ?? '').split('\0')
  // A process that has ended is listed until its parent asks, without arguments.
  if (args[0] === undefined || args[0] === '') return undefined
  if (name.length > 15 && basename(args[0]) !== name) return undefined
  return { name, setsClock: !(name === 'chronyd' && args.some(isNoClockFlag)) }
}

/** `-x`, alone or after other flags of chronyd that take no argument. */
function isNoClockFlag(arg: string): boolean {
  return /^-[46dmnpqQrRs]*x/.test(arg)
}
