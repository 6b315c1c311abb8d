import { mkdtempSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { systemFile, unpackedLibraryPath } from '../../scripts/lib/system-packages.mjs'
import { ShimmedClock } from './clock-shim.ts'
import { startNetworkNamespace } from './network-namespace.ts'
import { type Daemon, eventually, temporaryDirectory } from './processes.ts'

export interface TimesyncdOptions {
  /** How far its wall clock is off, ms; it can be set later too. */
  readonly offsetMs?: number
  /** The port of 127.0.0.1 that it takes its time from. */
  readonly server: number
}

/** A real systemd-timesyncd that cannot set this machine's clock. */
export interface Timesyncd extends Daemon {
  readonly clock: ShimmedClock
  /** A `busctl` that reaches its bus. */
  readonly busctl: string
}

/** Whoever is on this bus may do everything: it is the test's own. */
const busConfiguration = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
`

/** Its own /run, in which the unpacked package and the clock's file are where any user can read them. */
const setUp = `set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/dbus /run/package /run/test /run/systemd/timesyncd.conf.d
mount --bind "$1" /run/package
mount --bind "$2" /run/test
chmod 755 /run/test
cp "$2/timesyncd.conf" /run/systemd/timesyncd.conf.d/test.conf
cp "$3" /run/shim.so
`

/** Nobody: as root it would look for a user of its own, which the package has not made. */
const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups']

/**
 * Starts systemd-timesyncd with a bus and a network of its own, and waits until it is on the bus; it ends with the test.
 *
 * However far its clock is off, it cannot set it: it stays off.
 */
export async function startTimesyncd({ offsetMs = 0, server }: TimesyncdOptions): Promise<Timesyncd> {
  const binary = systemFile('systemd-timesyncd')
  const [bus, busctl] = [systemFile('dbus-daemon'), systemFile('systemd')]
  const directory = mkdtempSync(join(temporaryDirectory(), 'timesyncd-'))
  const clock = new ShimmedClock(directory, offsetMs)
  const namespace = await startNetworkNamespace()
  const address = await namespace.serve(server, 123)
  writeFileSync(join(directory, 'timesyncd.conf'), `[Time]\nNTP=${address}\nPollIntervalMinSec=16\n`)
  writeFileSync(join(directory, 'bus.conf'), busConfiguration)
  const { LD_PRELOAD: shim = '' } = clock.environment
  await namespace.run('sh', ['-c', setUp, 'sh', join(binary, '../../..'), directory, shim])
  namespace.start(bus, ['--config-file=/run/test/bus.conf', '--nofork', '--nopidfile'], { cwd: '/' })
  // timesyncd would wait for its bus, but does not get over one that is only half there.
  await eventually(() => namespace.run(busctl, ['status', 'org.freedesktop.DBus']))
  const environment = [
    'LD_PRELOAD=/run/shim.so',
    'CLOCK_SHIM=/run/test/clock-shim',
    `LD_LIBRARY_PATH=/run/package/usr/lib/${basename(unpackedLibraryPath('systemd-timesyncd'))}/systemd`,
  ]
  const own = ['env', ...environment, '/run/package/lib/systemd/systemd-timesyncd']
  const daemon = namespace.start('setpriv', [...asNobody, ...own], { cwd: '/' })
  await eventually(async () => {
    const { exitCode } = daemon.process
    if (exitCode !== null) throw new Error(`timesyncd ended with ${exitCode}:\n${daemon.output()}`)
    await namespace.run(busctl, ['status', 'org.freedesktop.timesync1'])
  })
  const wrapper = join(directory, 'busctl')
  writeFileSync(wrapper, `#!/bin/sh\nexec ${[...namespace.enter, busctl].join(' ')} "$@"\n`, { mode: 0o755 })
  return { ...daemon, clock, busctl: wrapper }
}
