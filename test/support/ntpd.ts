import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemFile, unpackedLibraryPath } from '../../scripts/lib/system-packages.mjs'
import { ShimmedClock } from './clock-shim.ts'
import { type NetworkNamespace, startNetworkNamespace } from './network-namespace.ts'
import { type Daemon, eventually, temporaryDirectory } from './processes.ts'

export interface NtpdOptions {
  /** How far its wall clock is off, ms; it can be set later too. */
  readonly offsetMs?: number
  /** Ports of 127.0.0.1 that it takes its time from, with the options of ntpd's `server` directive. */
  readonly servers?: readonly { readonly port: number; readonly options?: string }[]
  /** Who may ask what, instead of anybody anything; for example `default kod limited`. */
  readonly restrict?: readonly string[]
  /** Further lines of its configuration. */
  readonly lines?: readonly string[]
}

/** A real ntpd (NTPsec) that cannot set this machine's clock. */
export interface Ntpd extends Daemon {
  /** A UDP port of 127.0.0.1 that leads to its port 123. */
  readonly port: number
  readonly clock: ShimmedClock
  readonly namespace: NetworkNamespace
}

/**
 * Starts ntpd in a network of its own, for it insists on port 123, and waits until it listens; it ends with the test.
 *
 * However far its clock is off, it does not step it, and slews it in vain: it stays off.
 */
export async function startNtpd(options: NtpdOptions = {}): Promise<Ntpd> {
  const { offsetMs = 0, servers = [], restrict = ['default', '127.0.0.1'], lines = [] } = options
  const binary = systemFile('ntpsec')
  const directory = mkdtempSync(join(temporaryDirectory(), 'ntpd-'))
  const clock = new ShimmedClock(directory, offsetMs)
  const namespace = await startNetworkNamespace()
  const addresses: string[] = []
  for (const { port } of servers) addresses.push(await namespace.serve(port, 123))
  const configuration = join(directory, 'ntp.conf')
  const text = [
    'interface ignore all',
    'interface ignore wildcard',
    'interface listen 127.0.0.1',
    `interface listen ${namespace.address}`,
    'disable kernel',
    'tinker step 0 panic 0',
    ...restrict.map(line => `restrict ${line}`),
    ...servers.map(
      ({ options = 'iburst minpoll 0 maxpoll 0' }, index) => `server ${addresses[index]} ${options}`,
    ),
    ...lines,
  ]
  writeFileSync(configuration, `${text.join('\n')}\n`)
  const daemon = namespace.start(binary, ['-n', '-c', configuration], {
    cwd: directory,
    env: { ...clock.environment, LD_LIBRARY_PATH: unpackedLibraryPath('ntpsec') },
  })
  await eventually(async () => {
    const { exitCode } = daemon.process
    if (exitCode !== null) throw new Error(`ntpd ended with ${exitCode}:\n${daemon.output()}`)
    if (!daemon.output().includes('Listen normally on 1')) throw new Error(`ntpd:\n${daemon.output()}`)
  })
  return { ...daemon, port: await namespace.expose(123), clock, namespace }
}
