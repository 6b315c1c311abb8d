import type { TimeSource } from '../clock/source.ts'
import { OptionError } from '../time/index.ts'
import { system } from './system/system.ts'

/** What a source is called, and how it is made from what follows the name. */
const known: ReadonlyMap<string, () => TimeSource> = new Map([['system', () => system()]])

/**
 * A time source from the text that names it, as `--source` takes it: `system`.
 *
 * @throws OptionError for a name that is not known
 */
export function parseSource(text: string): TimeSource {
  const make = known.get(text)
  if (make === undefined) {
    throw new OptionError(
      'source',
      `'${text.slice(0, 80)}' is not known; use ${[...known.keys()].join(', ')}`,
    )
  }
  return make()
}
