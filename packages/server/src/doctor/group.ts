import { formatDuration } from 'skewproof'
import { UsageError } from '../usage-error.ts'
import { type Check, type CheckId, fail } from './check.ts'

/** Checks that are made from the same facts. */
export interface CheckGroup {
  /** The check that fails when the group comes to nothing. */
  readonly id: CheckId
  /** How long it may take at most, ms. */
  readonly deadlineMs: number
  /** @param signal aborted at the deadline */
  run(signal: AbortSignal): Promise<readonly Check[]>
}

/** How long a group that is told to stop may take to say what it has found, ms. */
const graceMs = 250

/**
 * Runs all groups at once, each until its deadline or the common one, and returns their checks in the groups' order.
 *
 * @throws UsageError when a group finds that it was asked for what cannot be
 */
export async function runGroups(
  groups: readonly CheckGroup[],
  overallDeadlineMs: number,
): Promise<readonly Check[]> {
  const checks = await Promise.all(
    groups.map(group => runGroup(group, Math.min(group.deadlineMs, overallDeadlineMs))),
  )
  return checks.flat()
}

async function runGroup({ id, run }: CheckGroup, deadlineMs: number): Promise<readonly Check[]> {
  const deadline = new AbortController()
  const late = [
    fail(id, `has not finished within ${formatDuration(deadlineMs)}`, 'Give it more time with --timeout.'),
  ]
  let timer: NodeJS.Timeout | undefined
  const isLate = new Promise<readonly Check[]>(resolve => {
    timer = setTimeout(() => {
      deadline.abort()
      timer = setTimeout(() => resolve(late), graceMs)
    }, deadlineMs)
  })
  try {
    return await Promise.race([run(deadline.signal), isLate])
  } catch (error) {
    if (error instanceof UsageError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    return [fail(id, `cannot be checked: ${reason}`, 'This is a defect of the check; please report it.')]
  } finally {
    clearTimeout(timer)
  }
}
