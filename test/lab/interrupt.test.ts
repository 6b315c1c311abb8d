import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import process, { execPath } from 'node:process'
import { expect, it, onTestFinished } from 'vitest'
import { removeAbandonedNetworks } from '../../lab/partition.ts'
import { isAbandoned, mark, removeAbandonedDirectories } from '../../lab/scope.ts'
import { root } from '../docs/markdown.ts'
import { eventually } from '../support/daemons.ts'
import { run } from '../support/process.ts'

// A network namespace takes root; the other stories do not.
const story = process.getuid?.() === 0 ? 'partition' : 'one-ahead'

/** Processes whose command or environment names a directory. */
function processesIn(directory: string): readonly string[] {
  return readdirSync('/proc').filter(pid => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(directory)
    } catch {
      return false
    }
  })
}

async function namespaces(): Promise<string> {
  return story === 'partition' ? run('ip', ['netns', 'list'], '/') : ''
}

/** Starts the lab, and waits until it has started so many processes. */
async function startLab(fewest: number) {
  const directory = mkdtempSync(join(tmpdir(), 'skewproof-interrupt-'))
  const lab = spawn(execPath, ['scripts/lab.mjs', '--quick', '--only', story], {
    cwd: root,
    env: { ...process.env, TMPDIR: directory },
    stdio: 'ignore',
  })
  onTestFinished(() => {
    lab.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  })
  await eventually(async () => {
    if (lab.exitCode !== null) throw new Error(`the lab ended with ${lab.exitCode}`)
    const count = processesIn(join(directory, mark)).length
    if (count < fewest) throw new Error(`${count} processes were started`)
  }, 400_000)
  return { lab, directory, exited: once(lab, 'exit') }
}

it.each([
  // Redis and the time servers are there, and others are being started.
  ['SIGTERM', 2],
  ['SIGINT', 8],
] as const)(
  'stopped by %s with %i processes, the lab leaves nothing behind',
  async (signal, fewest) => {
    const { lab, directory, exited } = await startLab(fewest)
    lab.kill(signal)
    lab.kill(signal)
    expect(await exited).toEqual([128 + constants.signals[signal], null])
    await eventually(async () => expect(processesIn(join(directory, mark))).toEqual([]))
    expect(readdirSync(directory).filter(name => name.startsWith(mark))).toEqual([])
    expect(await namespaces()).not.toContain(`${mark}${lab.pid}`)
  },
  500_000,
)

it('killed, the lab takes its processes with it, and the next one removes the rest', async () => {
  const { lab, directory, exited } = await startLab(8)
  lab.kill('SIGKILL')
  await exited
  await eventually(async () => expect(processesIn(join(directory, mark))).toEqual([]))
  expect(isAbandoned(`${mark}${lab.pid}`)).toBe(true)
  if (story === 'partition') await removeAbandonedNetworks()
  expect(await namespaces()).not.toContain(`${mark}${lab.pid}`)
}, 500_000)

it('only what belongs to a lab that is gone is removed', () => {
  const [abandoned, running, another] = [`${mark}4194999`, `${mark}${process.pid}`, `${mark}4194999-other`]
  const paths = [abandoned, running, another].map(name => join(tmpdir(), name))
  for (const path of paths) mkdirSync(path, { recursive: true })
  onTestFinished(() => {
    for (const path of paths) rmSync(path, { recursive: true, force: true })
  })
  removeAbandonedDirectories()
  const left = readdirSync(tmpdir())
  expect(left).not.toContain(abandoned)
  expect(left).toEqual(expect.arrayContaining([running, another]))
})
