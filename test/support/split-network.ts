import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { onTestFinished } from 'vitest'
import { systemFile } from '../../scripts/lib/system-packages.mjs'
import { run } from './process.ts'
import { type Daemon, end, startDaemon } from './processes.ts'

/** One of two machines, as far as the network is concerned. */
export interface NetworkSide {
  readonly address: string
  /** What to put before a command that runs there. */
  readonly enter: readonly [string, ...string[]]
  /** Starts a program there; it ends with the test. */
  start(command: string, args: readonly string[], options: { cwd: string }): Daemon
  /** Runs a program there to its end, and answers what it printed. */
  run(command: string, args: readonly string[]): Promise<string>
}

/** Two machines and a wire; connections that exist when it is cut only seem to go on. */
export interface SplitNetwork {
  readonly left: NetworkSide
  readonly right: NetworkSide
  cut(): Promise<void>
  mend(): Promise<void>
}

const nsenter = '/usr/bin/nsenter'
const isRoot = process.getuid?.() === 0
/** Addresses that RFC 5737 keeps for documentation. */
const [leftAddress, rightAddress] = ['198.51.100.1', '198.51.100.2']

/** Makes it of two network namespaces, which end with the test. */
export async function startSplitNetwork(): Promise<SplitNetwork> {
  systemFile('iproute2')
  // Whoever is not root gets a namespace of users as well, in which they are; both networks belong to it.
  const user = isRoot ? [] : ['--user', '--preserve-credentials']
  const leftPid = await hold('unshare', ['--net', ...(isRoot ? [] : ['--map-root-user'])])
  const rightPid = await hold(nsenter, [`--target=${leftPid}`, '--net', ...user, 'unshare', '--net'])
  const left = sideOf(leftAddress, [nsenter, `--target=${leftPid}`, '--net', ...user])
  const right = sideOf(rightAddress, [nsenter, `--target=${rightPid}`, '--net', ...user])
  await left.run('ip', [
    'link',
    'add',
    'wire',
    'type',
    'veth',
    'peer',
    'name',
    'wire',
    'netns',
    String(rightPid),
  ])
  for (const side of [left, right]) {
    await side.run('ip', ['address', 'add', `${side.address}/24`, 'dev', 'wire'])
    for (const link of ['lo', 'wire']) await side.run('ip', ['link', 'set', link, 'up'])
  }
  return {
    left,
    right,
    cut: async () => void (await left.run('ip', ['link', 'set', 'wire', 'down'])),
    mend: async () => void (await left.run('ip', ['link', 'set', 'wire', 'up'])),
  }
}

/** Starts what keeps a namespace there, and waits until it is in it. */
async function hold(command: string, args: readonly string[]): Promise<number> {
  const holder: ChildProcess = spawn(command, [...args, 'sh', '-c', 'echo ready; exec sleep infinity'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => end(holder))
  const { pid, stdout } = holder
  if (pid === undefined || stdout === null) throw new Error(`${command} cannot be run`)
  const failed = once(holder, 'exit').then(([code]) => {
    throw new Error(`a network namespace cannot be made: exit code ${code}`)
  })
  await Promise.race([once(stdout, 'data'), failed])
  failed.catch(() => {})
  return pid
}

function sideOf(address: string, enter: readonly [string, ...string[]]): NetworkSide {
  const [command, ...args] = enter
  return {
    address,
    enter,
    start: (program, own, options) => startDaemon(command, [...args, program, ...own], options),
    run: (program, own) => run(command, [...args, program, ...own], '/'),
  }
}
