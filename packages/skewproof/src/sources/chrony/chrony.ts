import { scheduleReferenced } from '../../clock/schedule.ts'
import type { MeasureContext, TimeSample, TimeSource } from '../../clock/source.ts'
import { localPollMs } from '../local.ts'
import { abortable } from '../net/abortable.ts'
import { WallContinuity } from './continuity.ts'
import { ChronyDaemon, type ChronyOptions } from './daemon.ts'
import { sampleOf } from './judge.ts'
import { largeCorrectionMs, SlewWatch } from './slewing.ts'

/** Long enough to see whether chronyd slews. */
const pauseMs = 600

/**
 * Asks this machine's chronyd how far the wall clock is from true time: over UDP on 127.0.0.1:323, or through `chronyc` where
 * chronyd has its Unix socket only. Its bound is chronyd's own, |correction| + root dispersion + root delay / 2, or what its
 * last measurement allows if that is more, and what this process cannot be sure of. A large correction that chronyd is seen
 * not to work off (`chronyd -x`) is left out of it.
 *
 * @throws OptionError when an option cannot be used
 */
export function chrony(options: ChronyOptions = {}): TimeSource {
  return new ChronySource(new ChronyDaemon(options))
}

class ChronySource implements TimeSource {
  readonly name: string
  readonly authenticated: boolean = false
  readonly minPollMs: number = 0
  readonly maxPollMs: number = localPollMs
  readonly #daemon: ChronyDaemon
  readonly #continuity = new WallContinuity()
  readonly #slews = new SlewWatch()

  constructor(daemon: ChronyDaemon) {
    this.name = daemon.name
    this.#daemon = daemon
  }

  async measure(context: MeasureContext): Promise<TimeSample> {
    let observation = await this.#daemon.observe(context)
    if (this.#slews.isNew && Math.abs(observation.tracking.correctionMs) >= largeCorrectionMs) {
      this.#slews.take(observation)
      await pause(context.signal)
      observation = await this.#daemon.observe(context)
    }
    const sample = sampleOf(observation, this.#slews.take(observation))
    this.#continuity.check(observation, sample.driftPpm)
    return sample
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  let cancel = (): void => {}
  const passed = new Promise<void>(resolve => {
    cancel = scheduleReferenced(pauseMs, resolve)
  })
  await abortable(passed, signal).finally(cancel)
}
