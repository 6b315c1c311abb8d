import { type Check, pass, skip, warn } from './check.ts'

export interface HostFacts {
  readonly platform: string
  /** The kernel's clock source, and those that it could use. */
  readonly clocksource: { readonly current: string; readonly available: readonly string[] } | undefined
  /** The kind of container that this runs in: `docker`, `kubernetes`, ... */
  readonly container: string | undefined
  /** The library that fakes this process's wall clock. */
  readonly fakedBy: string | undefined
}

/** Read through a device, at a microsecond or more a reading, and of a coarse resolution. */
const slowClocksources: readonly string[] = ['hpet', 'acpi_pm', 'jiffies', 'refined-jiffies', 'pit']
/** From the best; each is read in nanoseconds, without a system call. */
const goodClocksources: readonly string[] = [
  'tsc',
  'kvm-clock',
  'hyperv_clocksource_tsc_page',
  'arch_sys_counter',
]

export function judgeHost(facts: HostFacts): readonly Check[] {
  return [judgeClocksource(facts), judgeContainer(facts), judgeFakedClock(facts)]
}

function judgeClocksource({ platform, clocksource }: HostFacts): Check {
  const id = 'host.clocksource'
  if (platform !== 'linux') return skip(id, `the kernel's clock source is known on Linux only`)
  if (clocksource === undefined) return skip(id, 'the kernel does not say which clock source it uses')
  const { current, available } = clocksource
  if (!slowClocksources.includes(current)) return pass(id, `the kernel's clock source is ${current}`)
  const better = goodClocksources.find(name => available.includes(name))
  return warn(
    id,
    `the kernel's clock source is ${current}, which is slow`,
    better === undefined
      ? 'The kernel offers no better one; "dmesg | grep -i clocksource" says why it gave the TSC up.'
      : `echo ${better} > /sys/devices/system/clocksource/clocksource0/current_clocksource; to keep it, add clocksource=${better} to the kernel's command line.`,
  )
}

function judgeContainer({ container }: HostFacts): Check {
  return pass(
    'host.container',
    container === undefined
      ? 'not in a container'
      : `in a container (${container}): the clock is the host's, and so is the daemon that keeps it`,
  )
}

function judgeFakedClock({ fakedBy }: HostFacts): Check {
  const id = 'host.faked-clock'
  if (fakedBy === undefined) return pass(id, 'nothing fakes the wall clock of this process')
  return warn(id, `the wall clock of this process is faked by ${fakedBy}`, 'Take it out of LD_PRELOAD.')
}
