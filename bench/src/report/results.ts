import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Findings } from '../benchmark.js'
import type { Machine } from './machine.js'

/** What one benchmark has found, as it is kept in a file. */
export interface StoredResult extends Findings {
  readonly name: string
  readonly title: string
  /** On the page. */
  readonly place: number
  /** When it ended, ISO 8601. */
  readonly date: string
  /** How long it took. */
  readonly seconds: number
  /** What runs it again. */
  readonly command: string
  readonly isQuick: boolean
  readonly machine: Machine
}

export function writeResult(directory: string, result: StoredResult): void {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, `${result.name}.json`), `${JSON.stringify(result, undefined, 2)}\n`)
}

/** In the order of the page. */
export function readResults(directory: string): StoredResult[] {
  return readdirSync(directory)
    .filter(name => name.endsWith('.json'))
    .map(name => JSON.parse(readFileSync(join(directory, name), 'utf8')) as StoredResult)
    .sort((one, other) => one.place - other.place)
}
