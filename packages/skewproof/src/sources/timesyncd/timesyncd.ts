import { isAbsolute } from 'node:path'
import type { MeasureContext, TimeSource } from '../../clock/source.ts'
import { OptionError } from '../../time/index.ts'
import { runProgram } from '../program.ts'
import { readWall } from '../wall.ts'
import { Continuity } from './continuity.ts'
import { type Observation, sampleOf } from './judge.ts'
import { parseReport, properties } from './report.ts'

export interface TimesyncdOptions {
  /** The absolute path of `busctl`. Default: where packages put it. */
  busctl?: string
}

/** timesyncd on D-Bus. `timedatectl show-timesync` tells the same, but its instants in whole seconds. */
const question = [
  '--system',
  'get-property',
  'org.freedesktop.timesync1',
  '/org/freedesktop/timesync1',
  'org.freedesktop.timesync1.Manager',
  ...properties,
]

/**
 * Asks this machine's systemd-timesyncd, by `busctl`, for the last answer that it took in. Its bound is that of the answer,
 * what the clock may have drifted since, and half of the offset that timesyncd is working off.
 *
 * @throws OptionError when an option cannot be used
 */
export function timesyncd({ busctl = 'busctl' }: TimesyncdOptions = {}): TimeSource {
  if (busctl !== 'busctl' && !isAbsolute(busctl)) {
    throw new OptionError('busctl', `'${busctl}' is not an absolute path`)
  }
  const continuity = new Continuity()
  return {
    name: 'timesyncd',
    authenticated: false,
    minPollMs: 0,
    measure: async context => {
      const observation = await observe(busctl, context)
      const sample = sampleOf(observation)
      continuity.follow(observation)
      return sample
    },
  }
}

async function observe(busctl: string, { host, signal }: MeasureContext): Promise<Observation> {
  const before = readWall(host)
  const report = parseReport(await runProgram(busctl, question, signal))
  return { report, before, after: readWall(host) }
}
