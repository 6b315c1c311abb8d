import { describe, expect, it } from 'vitest'
import { type DaemonFacts, judgeDaemons, type RunningDaemon } from '../../src/doctor/daemon.ts'
import { gatherDaemons } from '../../src/doctor/gather-daemon.ts'
import { machineWith, processFiles } from '../support/machine.ts'

const chronyd = { name: 'chronyd', path: '/usr/sbin/chronyd' } as const
const timesyncd = { name: 'systemd-timesyncd', path: '/usr/lib/systemd/systemd-timesyncd' } as const
const runs = (name: RunningDaemon['name'], setsClock = true): RunningDaemon => ({ name, setsClock })

function facts(overrides: Partial<DaemonFacts>): DaemonFacts {
  return { platform: 'linux', container: undefined, installed: [], running: [], ...overrides }
}

describe('the daemons', () => {
  it.each<[string, Partial<DaemonFacts>, string[], RegExp]>([
    ['none', {}, ['fail', 'skip', 'skip'], /no time daemon is installed/],
    ['none, in a container', { container: 'docker' }, ['skip', 'skip', 'skip'], /the host of the container/],
    [
      'one at rest',
      { installed: [chronyd] },
      ['pass', 'fail', 'skip'],
      /chronyd is installed and does not run/,
    ],
    [
      'one at rest, in a container',
      { installed: [chronyd], container: 'docker' },
      ['pass', 'skip', 'skip'],
      /keeps the clock/,
    ],
    [
      'one that runs',
      { installed: [chronyd], running: [runs('chronyd')] },
      ['pass', 'pass', 'pass'],
      /chronyd alone sets the clock/,
    ],
    [
      'one in two processes',
      { installed: [chronyd], running: [runs('chronyd'), runs('chronyd')] },
      ['pass', 'pass', 'pass'],
      /chronyd alone sets the clock/,
    ],
    [
      'one that lies elsewhere',
      { running: [runs('ntpd')] },
      ['pass', 'pass', 'pass'],
      /in a folder that is not searched/,
    ],
    [
      'two that fight',
      { installed: [chronyd, timesyncd], running: [runs('chronyd'), runs('systemd-timesyncd')] },
      ['pass', 'pass', 'warn'],
      /chronyd and systemd-timesyncd run at once/,
    ],
    [
      'two, of which one only measures',
      { installed: [chronyd, timesyncd], running: [runs('chronyd', false), runs('systemd-timesyncd')] },
      ['pass', 'pass', 'pass'],
      /systemd-timesyncd alone sets the clock/,
    ],
    [
      'one that only measures',
      { installed: [chronyd], running: [runs('chronyd', false)] },
      ['pass', 'warn', 'skip'],
      /does not set the clock/,
    ],
    ['no Linux', { platform: 'darwin' }, ['skip', 'skip', 'skip'], /Linux only/],
  ])('%s', (_name, given, statuses, message) => {
    const checks = judgeDaemons(facts(given))
    expect(checks.map(({ status }) => status)).toEqual(statuses)
    expect(checks.map(check => check.message).join('\n')).toMatch(message)
    for (const { status, fix } of checks) if (status === 'warn' || status === 'fail') expect(fix).toBeTruthy()
  })
})

describe('gathering the daemons', () => {
  it('finds programs in PATH and beside it, and nothing that may not be run', async () => {
    const machine = machineWith(
      {
        'usr/sbin/chronyd': '',
        'opt/sbin/ntpd': '',
        'lib/systemd/systemd-timesyncd': '',
        'etc/chronyd': '',
      },
      { PATH: '/etc:/opt/sbin:relative' },
    )
    const { installed } = await gatherDaemons(machine)
    expect(installed.map(({ name, path }) => [name, path.slice(machine.root.length)])).toEqual([
      ['chronyd', '/usr/sbin/chronyd'],
      ['ntpd', '/opt/sbin/ntpd'],
      ['systemd-timesyncd', '/lib/systemd/systemd-timesyncd'],
    ])
  })

  it('finds processes by the 15 characters that the kernel keeps, but none that has ended', async () => {
    const machine = machineWith({
      ...processFiles(10, '/usr/sbin/chronyd', '-F', '1'),
      ...processFiles(11, '/lib/systemd/systemd-timesyncd'),
      ...processFiles(12, '/usr/bin/systemd-timesync-wait'),
      'proc/13/comm': 'ntpd\n',
      'proc/13/cmdline': '',
      'proc/sys/comm': 'ntpd\n',
    })
    expect((await gatherDaemons(machine)).running).toEqual([
      { name: 'chronyd', setsClock: true },
      { name: 'systemd-timesyncd', setsClock: true },
    ])
  })

  it.each<[boolean, string[]]>([
    [false, ['-x']],
    [false, ['-dx', '-f', '/etc/chrony.conf']],
    [false, ['-n', '-x']],
    [true, ['-f/tmp/x']],
    [true, ['-f', '/etc/x']],
    [true, ['-u', 'x']],
    [true, []],
  ])('knows that %s it sets the clock when it runs with %j', async (setsClock, args) => {
    const machine = machineWith(processFiles(7, '/usr/sbin/chronyd', ...args))
    expect((await gatherDaemons(machine)).running).toEqual([{ name: 'chronyd', setsClock }])
  })
})
