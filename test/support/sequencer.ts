import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Projects whose tests compute from their begin to their end. Those of the others mostly wait for processes of their own. */
const computing: ReadonlySet<string> = new Set(['library', 'lint rules'])

/** Runs files that wait beside files that compute: one after the other, as vitest would, leaves cores idle for minutes. */
export class MixedSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const [busy, waiting] = [true, false].map(isBusy =>
      sorted.filter(({ project }) => computing.has(project.name) === isBusy),
    )
    return mix(busy ?? [], waiting ?? [])
  }
}

/** Both lists, each in its own order, evenly spread over the whole. */
export function mix<T>(one: readonly T[], other: readonly T[]): T[] {
  const placed = [one, other].flatMap(list =>
    list.map((item, index) => ({ item, place: (index + 0.5) / list.length })),
  )
  return placed.sort((a, b) => a.place - b.place).map(({ item }) => item)
}
