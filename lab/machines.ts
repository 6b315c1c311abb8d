import type { ChildProcess } from 'node:child_process'
import process from 'node:process'
import { ShimmedClock } from '../test/support/clock-shim.ts'
import { eventually } from '../test/support/daemons.ts'
import { bundledServer } from './bundle.ts'
import { Scope } from './scope.ts'

/** On a machine that is busy. */
const startsWithinMs = 240_000
const endsWithinMs = 10_000

/** A machine with a wall clock of its own, and a server that plays one story after another. */
export interface Machine {
  readonly clock: ShimmedClock
  readonly address: string
  readonly port: number
  readonly process: ChildProcess
}

/** Where a machine is. */
export interface Place {
  readonly address: string
  /** What to put before a program that runs there. */
  readonly enter: readonly string[]
}

const loopback: Place = { address: '127.0.0.1', enter: [] }

/**
 * Starts machines, and keeps them for the stories that follow: to start a server takes longer than a quick story. What a server
 * knows of a story, its clock and its store with it, ends with the story.
 */
export class Machines {
  readonly #scope = new Scope()
  readonly #free: Machine[] = []

  /** A machine for as long as the story's scope is open. */
  async lend(scope: Scope): Promise<Machine> {
    const machine = this.#free.pop() ?? (await startMachine(loopback, this.#scope))
    scope.onEnd(async () => {
      if (await endStory(machine)) this.#free.push(machine)
    })
    return machine
  }

  close(): Promise<void> {
    return this.#scope.close()
  }
}

/** Starts a machine that ends with the scope. */
export async function startMachine({ address, enter }: Place, scope: Scope): Promise<Machine> {
  const clock = new ShimmedClock(scope.directory())
  const [command = '', ...args] = [...enter, process.execPath, await bundledServer(), address]
  const daemon = scope.start(command, args, { cwd: scope.directory(), env: clock.environment })
  const port = await eventually(async () => {
    if (daemon.process.exitCode !== null) throw new Error(`a server ended:\n${daemon.output()}`)
    const listening = /^\{.*"port":(\d+).*\}$/m.exec(daemon.output())?.[1]
    if (listening === undefined) throw new Error(`a server does not listen yet:\n${daemon.output()}`)
    return Number(listening)
  }, startsWithinMs)
  return { clock, address, port, process: daemon.process }
}

/**
 * Tells a machine's server the story's settings. Its clock has to be right, or rather wrong, by then.
 *
 * @throws Error with what the server says why it cannot
 */
export async function beginStory({ address, port }: Machine, settings: object): Promise<void> {
  const response = await fetch(`http://${address}:${port}/lab/story`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settings),
    signal: AbortSignal.timeout(startsWithinMs),
  })
  const problem = await response.text()
  if (!response.ok) throw new Error(`a server cannot begin: ${problem}`)
}

/** Whether the server has forgotten the story; one that cannot is ended instead. */
async function endStory({ address, port, process: server }: Machine): Promise<boolean> {
  const signal = AbortSignal.timeout(endsWithinMs)
  const forget = fetch(`http://${address}:${port}/lab/story`, { method: 'DELETE', signal })
  const isForgotten = await forget.then(({ ok }) => ok).catch(() => false)
  if (!isForgotten) server.kill('SIGKILL')
  return isForgotten
}
