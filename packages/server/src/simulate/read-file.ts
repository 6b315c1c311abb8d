import { readFileSync } from 'node:fs'
import { readScenario, type Scenario } from 'skewproof/simulator'
import { OptionError } from 'skewproof/time'
import { parse } from 'yaml'
import { UsageError } from '../usage-error.ts'

/** A scenario file: YAML, and so JSON as well. */
export function readScenarioFile(path: string): Scenario {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new UsageError(`the scenario ${path} cannot be read`)
  }
  try {
    return readScenario(parse(text))
  } catch (error) {
    if (error instanceof OptionError) throw new UsageError(`${path}: ${error.message}`)
    throw new UsageError(`${path} is no YAML: ${error instanceof Error ? error.message : String(error)}`)
  }
}
