import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PolicyName } from 'skewproof/simulator'
import type { RedisServer } from '../test/support/redis-server.ts'
import type { LabFleet } from './fleet.ts'
import type { Scope } from './scope.ts'

/** What a pattern sends to its store. */
export interface CommandCounter {
  /** So far. */
  readonly count: number
  /** While nobody asks for anything. */
  readonly idlePerSecond: number
}

/** How long is waited to see what is sent without any request, ms. */
const idleMs = 750

/** Counts what each pattern sends to its store from now on, after a while in which nothing is asked. */
export async function countCommands(
  { store }: LabFleet,
  scope: Scope,
): Promise<ReadonlyMap<PolicyName, CommandCounter>> {
  const counters = { textbook: await watch(store.textbook, scope), auto: await watch(store.auto, scope) }
  await sleep(idleMs)
  return new Map(
    (['textbook', 'auto'] as const).map(name => {
      const idle = counters[name]()
      const idlePerSecond = idle / (idleMs / 1000)
      return [
        name,
        {
          idlePerSecond,
          get count() {
            return counters[name]() - idle
          },
        },
      ]
    }),
  )
}

/** Redis tells what it is sent (MONITOR); what a script does within is not sent. A Redis that dies tells no more. */
async function watch(server: RedisServer, scope: Scope): Promise<() => number> {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  scope.onEnd(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write('MONITOR\r\n')
  let count = 0
  createInterface({ input: socket }).on('line', line => {
    if (/^\+\d/.test(line) && !/^\+\S+ \[\d+ lua\]/.test(line)) count += 1
  })
  return () => count
}
