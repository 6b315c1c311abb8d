import type { HostClock } from '../../clock/host.ts'
import { SourceError } from '../../clock/source.ts'
import { systemHostClock } from '../../clock/system.ts'
import { ChronyDaemon, type ChronyOptions } from './daemon.ts'
import type { ChronyReport } from './report.ts'

export interface ReadChronyOptions extends ChronyOptions {
  /** Aborted at the deadline. Default: after 3 s. */
  signal?: AbortSignal
  clock?: HostClock
}

const defaultDeadlineMs = 3000

/**
 * All that this machine's chronyd tells of itself: how far the wall clock is off, which sources it follows, how they do.
 *
 * @throws OptionError when an option cannot be used
 * @throws SourceError when chronyd cannot be asked or its answer cannot be believed; what `signal` was aborted with
 */
export async function readChrony(options: ReadChronyOptions = {}): Promise<ChronyReport> {
  const { signal, clock = systemHostClock, ...where } = options
  const daemon = new ChronyDaemon(where)
  const deadline = signal ?? AbortSignal.timeout(defaultDeadlineMs)
  try {
    return await daemon.report({ host: clock, signal: deadline })
  } catch (error) {
    if (signal !== undefined || !deadline.aborted) throw error
    throw new SourceError('timeout', `${daemon.name} did not answer within ${defaultDeadlineMs} ms`)
  }
}
