import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { HostClock } from '../../clock/host.ts'
import { beginStore } from './begin.ts'
import { GroupWriter } from './group-writer.ts'
import { Layout } from './layout.ts'
import { openEnvironment } from './open.ts'

/** A store that is open in this thread. */
export interface Environment {
  readonly layout: Layout
  readonly writer: GroupWriter
  /** Store time minus uptime. */
  readonly epochOffsetMs: number
  /** How many have it open. */
  users: number
}

/**
 * By the identity of the data file. Two that are open on one file would wait for each other's lock forever: one holds it
 * until this thread comes round, and the other holds up this thread until it gets it.
 */
const environments = new Map<string, Environment>()

/** @throws StoreOpenError */
export function acquireEnvironment(path: string, host: HostClock): Environment {
  const known = identify(path)
  const shared = known === undefined ? undefined : environments.get(known)
  if (shared !== undefined) {
    shared.users += 1
    return shared
  }
  const environment = openEnvironment(path, root =>
    root.transactionSync(() => {
      const layout = new Layout(root)
      const epochOffsetMs = beginStore(layout, host, path)
      return { layout, writer: new GroupWriter(root), epochOffsetMs, users: 1 }
    }),
  )
  const identity = identify(path)
  if (identity !== undefined) environments.set(identity, environment)
  return environment
}

/** Waits for the writes that are under way, and closes it after its last user. */
export async function releaseEnvironment(environment: Environment): Promise<void> {
  await environment.writer.drain()
  environment.users -= 1
  if (environment.users > 0) return
  for (const [identity, candidate] of environments) {
    if (candidate === environment) environments.delete(identity)
  }
  await environment.layout.root.close()
}

/** `undefined` when there is no data file, or no way to it. */
function identify(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(join(path, 'data.mdb'), { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}
