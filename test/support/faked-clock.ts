import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemFile } from '../../scripts/lib/system-packages.mjs'

/** An offset is known by its sign; without one it would be a date. */
function signed(offsetSeconds: number): string {
  return `${offsetSeconds >= 0 ? '+' : ''}${offsetSeconds}`
}

/** @throws Error that says what to install when libfaketime is missing */
function preload(): NodeJS.ProcessEnv {
  return {
    LD_PRELOAD: systemFile('faketime'),
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
  }
}

/**
 * The environment of a program whose wall clock is off by so much; its monotonic clock and timers stay right.
 *
 * @throws Error that says what to install when libfaketime is missing
 */
export function fakedClock(offsetSeconds: number): NodeJS.ProcessEnv {
  return offsetSeconds === 0 ? {} : { ...preload(), FAKETIME: signed(offsetSeconds) }
}

/** The wall clock of a program, which can be set while it runs. It is right at first. */
export class SteppedClock {
  readonly environment: NodeJS.ProcessEnv
  readonly #path: string

  /**
   * @param directory where it keeps its file
   * @throws Error that says what to install when libfaketime is missing
   */
  constructor(directory: string) {
    this.#path = join(directory, 'faketime')
    this.set(0)
    this.environment = { ...preload(), FAKETIME_TIMESTAMP_FILE: this.#path, FAKETIME_NO_CACHE: '1' }
  }

  /** Sets the clock off by so much. */
  set(offsetSeconds: number): void {
    const next = `${this.#path}.next`
    writeFileSync(next, signed(offsetSeconds))
    renameSync(next, this.#path)
  }
}
