import { type Duration, parseDurationMs } from '../time/index.ts'
import { BoundedClock, type BoundedClockOptions } from './bounded.ts'
import { scheduleReferenced } from './schedule.ts'

export interface CreateClockOptions extends BoundedClockOptions {
  /** How long to wait for the first measurements, at most an hour. Default 1 s. */
  firstMeasurement?: Duration
}

/**
 * A clock that measures true time with a bound, whatever the wall clock says.
 *
 * ```ts
 * const clock = await createClock({ sources: [system({ error: '50ms' })] })
 * const { timeMs, errorMs, status } = clock.now()
 * ```
 *
 * Resolves when all sources have been asked once, or after `firstMeasurement`. A source that cannot be reached is no
 * reason to fail: the status says what is known.
 *
 * @throws OptionError when an option cannot be used
 */
export async function createClock(options: CreateClockOptions = {}): Promise<BoundedClock> {
  const waitMs = parseDurationMs('firstMeasurement', options.firstMeasurement ?? '1s', { maxMs: 3_600_000 })
  const clock = new BoundedClock(options)
  // This timer keeps the process alive: whoever awaits the clock must not end before it is there.
  const schedule = options.schedule ?? scheduleReferenced
  await new Promise<void>(resolve => {
    const cancel = schedule(waitMs, resolve)
    void clock.measure().then(() => {
      cancel()
      resolve()
    })
  })
  return clock
}
