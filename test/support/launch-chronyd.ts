import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { systemFile } from '../../scripts/lib/system-packages.mjs'
import { ShimmedClock } from './clock-shim.ts'
import { type Daemon, eventually, freeUdpPort, type spawnDaemon } from './daemons.ts'
import { run } from './process.ts'

export interface ChronydOptions {
  /** How far its wall clock is off, ms; it can be set later too. */
  readonly offsetMs?: number
  /** Its wall clock, where others have the same. Default: one of its own, off by `offsetMs`. */
  readonly clock?: ShimmedClock
  /** Ports of 127.0.0.1 that it takes its time from, with the options of chrony's `server` directive. */
  readonly servers?: readonly { readonly port: number; readonly options?: string }[]
  /** Serves its own clock, as this stratum. */
  readonly localStratum?: number
  /** The address of loopback that it serves NTP and NTS at. Default 127.0.0.1. */
  readonly address?: string
  /** Where it serves NTP. Default: any that is free. */
  readonly port?: number
  /** Where it takes commands over UDP. Default: any that is free. */
  readonly commandPort?: number
  /** Further lines of its configuration. `%d` stands for its directory. */
  readonly lines?: readonly string[]
}

/** A real chronyd that cannot set this machine's clock. */
export interface Chronyd extends Daemon {
  readonly directory: string
  /** Where it serves NTP. */
  readonly port: number
  /** Where it takes commands, over UDP; and over a Unix socket. */
  readonly commandPort: number
  readonly commandSocket: string
  readonly clock: ShimmedClock
  /** Runs chronyc against it, and gives what that prints. */
  chronyc(...args: readonly string[]): Promise<string>
}

/**
 * Starts chronyd on ports of its own and waits until it takes commands.
 *
 * @param directory of its own, which exists
 * @param start how to start a program
 */
export async function launchChronyd(
  options: ChronydOptions,
  directory: string,
  start: typeof spawnDaemon,
): Promise<Chronyd> {
  const { offsetMs = 0, servers = [], localStratum, address = '127.0.0.1', lines = [] } = options
  const binary = systemFile('chrony')
  // chronyd insists that only its user can reach its socket.
  const runDirectory = join(directory, 'run')
  mkdirSync(runDirectory, { mode: 0o750 })
  const clock = options.clock ?? new ShimmedClock(directory, offsetMs)
  const port = options.port ?? (await freeUdpPort())
  const commandPort = options.commandPort ?? (await freeUdpPort())
  const commandSocket = join(runDirectory, 'chronyd.sock')
  const configuration = join(directory, 'chrony.conf')
  const text = [
    `port ${port}`,
    `cmdport ${commandPort}`,
    `bindaddress ${address}`,
    'bindcmdaddress 127.0.0.1',
    `bindcmdaddress ${commandSocket}`,
    `pidfile ${runDirectory}/chronyd.pid`,
    'allow 127.0.0.0/8',
    ...(localStratum === undefined ? [] : [`local stratum ${localStratum}`]),
    ...servers.map(({ port, options = 'iburst minpoll -4 maxpoll -4' }) => {
      return `server 127.0.0.1 port ${port} ${options}`
    }),
    ...lines.map(line => line.replaceAll('%d', directory)),
  ]
  writeFileSync(configuration, `${text.join('\n')}\n`)
  // -x: it never sets the clock.
  const user = process.getuid?.() === 0 ? ['-u', 'root'] : ['-U']
  const daemon = start(binary, ['-x', '-d', ...user, '-f', configuration], {
    cwd: directory,
    env: clock.environment,
  })
  const chronyc = (...args: readonly string[]) =>
    run(join(dirname(binary), '../bin/chronyc'), ['-n', '-h', commandSocket, ...args], directory)
  await eventually(async () => {
    const { exitCode } = daemon.process
    if (exitCode !== null) throw new Error(`chronyd ended with ${exitCode}:\n${daemon.output()}`)
    await chronyc('tracking')
  })
  return { ...daemon, directory, port, commandPort, commandSocket, clock, chronyc }
}

/** Waits until chronyd follows a server. */
export async function synchronized(daemon: Chronyd): Promise<void> {
  await eventually(async () => {
    const tracking = (await daemon.chronyc('-c', 'tracking')).trim().split(',')
    if (tracking.at(-1) !== 'Normal') throw new Error(`not synchronized: ${tracking}`)
  })
}
