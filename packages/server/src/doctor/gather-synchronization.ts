import { type HostClock, SourceError, type TimeSource } from 'skewproof'
import { type ChronyReport, chronyOptions, parseSource, readChrony } from 'skewproof/sources'
import type { RunningDaemon } from './daemon.ts'
import { type Offset, offsetBetween, readWallOffset } from './offset.ts'
import type { DaemonState, SourceFacts, SourceProblem } from './synchronization.ts'

/** How a daemon is named as a source. */
const sourceNames: Readonly<Record<RunningDaemon['name'], string>> = {
  chronyd: 'chrony',
  ntpd: 'ntpd',
  'systemd-timesyncd': 'timesyncd',
}

/** The daemons that set this host's clock, as sources. */
export function sourcesOf(daemons: readonly RunningDaemon[]): readonly string[] {
  const names = daemons.filter(({ setsClock }) => setsClock).map(({ name }) => sourceNames[name])
  return [...new Set(names)]
}

/** @throws OptionError for a name that cannot be used */
export function requireSources(names: readonly string[]): void {
  for (const name of names) parseSource(name).close?.()
}

export function gatherSynchronization(
  names: readonly string[],
  host: HostClock,
  signal: AbortSignal,
): Promise<readonly SourceFacts[]> {
  return Promise.all(
    names.map(async name => {
      const source = parseSource(name)
      try {
        const [measured, report] = await Promise.all([
          measureOffset(source, host, signal),
          readChronyd(name, host, signal),
        ])
        // chronyd knows what it has yet to correct; the measurement counts it as an error, since it is being worked off.
        const isKnown = report !== undefined && !('reason' in measured)
        return { name, offset: isKnown ? offsetOf(report) : measured, daemon: report && stateOf(report) }
      } finally {
        source.close?.()
      }
    }),
  )
}

/** This host's wall clock minus true time. */
async function measureOffset(
  source: TimeSource,
  host: HostClock,
  signal: AbortSignal,
): Promise<Offset | SourceProblem> {
  try {
    const { monotonicMs, timeMs, errorMs } = await source.measure({ host, signal })
    const offsetMs = timeMs - monotonicMs
    return offsetBetween(readWallOffset(host), { lowMs: offsetMs - errorMs, highMs: offsetMs + errorMs })
  } catch (error) {
    return problemOf(error, signal)
  }
}

/** What chronyd tells of itself, if the source is one. */
async function readChronyd(
  name: string,
  clock: HostClock,
  signal: AbortSignal,
): Promise<ChronyReport | undefined> {
  const [kind, ...where] = name.split(':')
  if (kind !== 'chrony') return undefined
  try {
    const options = chronyOptions(where.length === 0 ? undefined : where.join(':'))
    return await readChrony({ ...options, clock, signal })
  } catch (error) {
    // The measurement says why.
    problemOf(error, signal)
    return undefined
  }
}

function offsetOf({ tracking }: ChronyReport): Offset {
  const { correctionMs, rootDelayMs, rootDispersionMs } = tracking
  return { offsetMs: -correctionMs, errorMs: rootDelayMs / 2 + rootDispersionMs }
}

function stateOf({ tracking, sources }: ChronyReport): DaemonState {
  return {
    leap: tracking.leap,
    sources: sources?.map(({ address, state }) => ({
      name: address ?? 'a name that is not resolved',
      state,
    })),
  }
}

/** @throws what is no failure of the source */
function problemOf(error: unknown, signal: AbortSignal): SourceProblem {
  if (error instanceof SourceError) return { reason: error.reason, message: error.message }
  if (signal.aborted) return { reason: 'timeout', message: 'no answer in time' }
  throw error
}
