import { systemFile } from '../../scripts/lib/system-packages.mjs'

/**
 * The environment of a program whose wall clock is off by so much; its monotonic clock and timers stay right.
 *
 * @throws Error that says what to install when libfaketime is missing
 */
export function fakedClock(offsetSeconds: number): NodeJS.ProcessEnv {
  if (offsetSeconds === 0) return {}
  return {
    LD_PRELOAD: systemFile('faketime'),
    // An offset is known by its sign; without one it would be a date.
    FAKETIME: `${offsetSeconds > 0 ? '+' : ''}${offsetSeconds}`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
  }
}
