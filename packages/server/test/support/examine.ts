import { expect } from 'vitest'
import { runHere } from './here.ts'
import { temporaryDirectory } from './processes.ts'
import { runCommand } from './service.ts'

/** A line of the checklist, as scripts see it. */
export interface Line {
  readonly id: string
  readonly status: string
  readonly message: string
  readonly fix?: string
}

/** What `skewproof doctor` said. */
export interface Examination {
  readonly code: number | null
  readonly ok: boolean
  readonly checks: readonly Line[]
  readonly check: (id: string) => Line | undefined
}

/** Runs `skewproof doctor`, which has all the time that it needs: in a process of its own where it has an environment of its own. */
export async function examine(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Examination> {
  const { cwd = temporaryDirectory(), env } = options
  const command = ['doctor', '--json', '--timeout', '60', ...args]
  const { code, stdout, stderr } = await (env === undefined
    ? runHere(command, { cwd })
    : runCommand(command, { cwd, env }))
  expect(stderr).toBe('')
  const { ok, checks }: { ok: boolean; checks: readonly Line[] } = JSON.parse(stdout)
  expect(code === 0).toBe(ok)
  return { code, ok, checks, check: id => checks.find(check => check.id === id) }
}
