import { type Check, fail, pass, skip, warn } from './check.ts'

export type DaemonName = 'chronyd' | 'ntpd' | 'systemd-timesyncd'

export interface RunningDaemon {
  readonly name: DaemonName
  /** Whether it sets the clock; `chronyd -x` leaves it alone. */
  readonly setsClock: boolean
}

export interface DaemonFacts {
  readonly platform: string
  readonly container: string | undefined
  readonly installed: readonly { readonly name: DaemonName; readonly path: string }[]
  readonly running: readonly RunningDaemon[]
}

export function judgeDaemons(facts: DaemonFacts): readonly Check[] {
  const { platform, container } = facts
  const ids = ['daemon.installed', 'daemon.running', 'daemon.single'] as const
  if (platform !== 'linux') return ids.map(id => skip(id, 'time daemons are looked for on Linux only'))
  const seesNone = facts.installed.length === 0 && facts.running.length === 0
  if (container !== undefined && seesNone) {
    const fix = 'Run "skewproof doctor" on the host as well.'
    return ids.map(id => skip(id, `the host of the container (${container}) keeps the clock`, fix))
  }
  return [judgeInstalled(facts), judgeRunning(facts), judgeSingle(facts)]
}

function judgeInstalled({ installed, running }: DaemonFacts): Check {
  const id = 'daemon.installed'
  if (installed.length > 0) {
    return pass(id, installed.map(({ name, path }) => `${name} is installed (${path})`).join(', '))
  }
  const [daemon] = running
  if (daemon !== undefined) return pass(id, `${daemon.name} is installed, in a folder that is not searched`)
  return fail(
    id,
    'no time daemon is installed',
    'Install chrony: "apt-get install chrony" (Debian, Ubuntu), "dnf install chrony" (Fedora, RHEL), "apk add chrony" (Alpine).',
  )
}

function judgeRunning({ installed, running, container }: DaemonFacts): Check {
  const id = 'daemon.running'
  const [candidate] = installed
  if (running.length === 0) {
    if (candidate === undefined) return skip(id, 'there is no daemon to run')
    if (container !== undefined) return skip(id, `the host of the container (${container}) keeps the clock`)
    return fail(
      id,
      `${candidate.name} is installed and does not run`,
      `systemctl enable --now ${unitOf(candidate.name)}`,
    )
  }
  const names = namesOf(running)
  if (running.some(({ setsClock }) => setsClock) || container !== undefined) {
    return pass(id, `${names.join(' and ')} ${names.length > 1 ? 'run' : 'runs'}`)
  }
  return warn(
    id,
    'chronyd runs with -x: it measures, and does not set the clock',
    'Start it without -x, unless something else sets the clock.',
  )
}

function judgeSingle({ running }: DaemonFacts): Check {
  const id = 'daemon.single'
  const names = namesOf(running.filter(({ setsClock }) => setsClock))
  const [first, ...others] = names
  if (first === undefined) return skip(id, 'no daemon sets the clock')
  if (others.length === 0) return pass(id, `${first} alone sets the clock`)
  return warn(
    id,
    `${names.join(' and ')} run at once, and each undoes what the other does`,
    `Keep ${first}: systemctl disable --now ${others.map(unitOf).join(' ')}`,
  )
}

function namesOf(daemons: readonly RunningDaemon[]): readonly DaemonName[] {
  return [...new Set(daemons.map(({ name }) => name))]
}

function unitOf(name: DaemonName): string {
  return name === 'systemd-timesyncd' ? name : `${name}.service`
}
