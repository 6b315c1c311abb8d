import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { type Chronyd, type ChronydOptions, launchChronyd } from './launch-chronyd.ts'
import { startDaemon, temporaryDirectory } from './processes.ts'

export { type Chronyd, type ChronydOptions, synchronized } from './launch-chronyd.ts'

/** Starts chronyd on ports of its own and waits until it takes commands; it ends with the test. */
export function startChronyd(options: ChronydOptions = {}): Promise<Chronyd> {
  return launchChronyd(options, mkdtempSync(join(temporaryDirectory(), 'chronyd-')), startDaemon)
}
