import { readFile } from 'node:fs/promises'
import { SourceError, systemHostClock, type TimeSource } from '../clock/index.ts'
import { aws } from './aws/aws.ts'
import { chrony } from './chrony/chrony.ts'
import { ntpd } from './ntpd/ntpd.ts'
import { timesyncd } from './timesyncd/timesyncd.ts'

export interface DiscoverOptions {
  /** What is looked for. Default: the time daemons of this host, and the cloud's own service on its machines. */
  readonly candidates?: readonly TimeSource[]
  /** How long each may take to answer, ms. Default 1000. */
  readonly timeoutMs?: number
}

/** What a candidate fails with when it is not there at all. */
const absent: ReadonlySet<unknown> = new Set(['unreachable', 'timeout', 'unsupported'])

/**
 * The time sources that this host has: those that answer, even if only that they are not synchronised yet. Nothing beyond
 * the host is asked, but on EC2 the Amazon Time Sync Service, which is next to it.
 */
export async function discoverSources(options: DiscoverOptions = {}): Promise<TimeSource[]> {
  const { candidates = await candidatesHere(), timeoutMs = 1000 } = options
  const isThere = await Promise.all(candidates.map(candidate => answers(candidate, timeoutMs)))
  return candidates.filter((_, index) => isThere[index])
}

async function answers(candidate: TimeSource, timeoutMs: number): Promise<boolean> {
  try {
    await candidate.measure({ host: systemHostClock, signal: AbortSignal.timeout(timeoutMs) })
    return true
  } catch (error) {
    return error instanceof SourceError && !absent.has(error.reason)
  }
}

async function candidatesHere(): Promise<TimeSource[]> {
  return [chrony(), ntpd(), timesyncd(), ...((await isOnEc2()) ? [aws()] : [])]
}

async function isOnEc2(): Promise<boolean> {
  const vendor = await readFile('/sys/class/dmi/id/sys_vendor', 'utf8').catch(() => '')
  return vendor.startsWith('Amazon EC2')
}
