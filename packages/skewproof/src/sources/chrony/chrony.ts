import type { TimeSource } from '../../clock/source.ts'
import { WallContinuity } from './continuity.ts'
import { ChronyDaemon, type ChronyOptions } from './daemon.ts'
import { sampleOf } from './judge.ts'

/**
 * Asks this machine's chronyd how far the wall clock is from true time: over UDP on 127.0.0.1:323, or through `chronyc` where
 * chronyd has its Unix socket only. Its bound is chronyd's own, |correction| + root dispersion + root delay / 2, or what its
 * last measurement allows if that is more, and what this process cannot be sure of.
 *
 * @throws OptionError when an option cannot be used
 */
export function chrony(options: ChronyOptions = {}): TimeSource {
  const daemon = new ChronyDaemon(options)
  const continuity = new WallContinuity()
  return {
    name: daemon.name,
    authenticated: false,
    minPollMs: 0,
    measure: async context => {
      const observation = await daemon.observe(context)
      const sample = sampleOf(observation)
      continuity.check(observation, sample.driftPpm)
      return sample
    },
  }
}
