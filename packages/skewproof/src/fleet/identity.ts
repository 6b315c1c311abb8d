import { createHash, randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { HostClock } from '../clock/host.ts'
import { systemHostClock } from '../clock/system.ts'
import { OptionError } from '../time/index.ts'
import type { NodeRole } from './report.ts'

/** Who a node is. */
export interface NodeIdentity {
  /** A process: `web-1:4711`. */
  readonly node: string
  /** As people call its machine. */
  readonly host: string
  /** Whose clock it goes by: all nodes of one machine have one vote on the time. */
  readonly machine: string
  readonly role: NodeRole
  readonly version: string
}

export interface IdentityOptions {
  /** What the machine is called. Default: its host name, and by its kernel it is known to be one machine. */
  readonly name?: string | undefined
  readonly role?: NodeRole
  readonly version?: string
  readonly host?: HostClock
  readonly pid?: number
}

const namePattern = /^[A-Za-z0-9._-]{1,64}$/

/**
 * The identity of this process. Containers on one machine have one kernel and one clock, so that they are one machine, whatever
 * their host names are.
 *
 * @throws OptionError when the name cannot be used
 */
export function nodeIdentity(options: IdentityOptions = {}): NodeIdentity {
  const { name, role = 'service', version = '', host = systemHostClock, pid = process.pid } = options
  if (name !== undefined && !namePattern.test(name))
    throw new OptionError('node', 'use 1 to 64 letters, digits, and any of . _ -')
  const shown =
    name ??
    (hostname()
      .replace(/[^A-Za-z0-9._-]/g, '-')
      .slice(0, 64) ||
      'unnamed')
  // Every container has a process 1, and those that share the network share the host name.
  const suffix = pid === 1 ? randomBytes(3).toString('hex') : String(pid)
  return { node: `${shown}:${suffix}`, host: shown, machine: name ?? machineOf(host) ?? shown, role, version }
}

/** By the boot of the kernel. It names no machine to anybody. */
function machineOf(host: HostClock): string | undefined {
  const bootId = host.bootId()
  return bootId && createHash('sha256').update(bootId).digest('hex').slice(0, 16)
}
