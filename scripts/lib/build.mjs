import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Failure } from './main.mjs'
import { buildProgram } from './program.mjs'
import { root } from './root.mjs'
import { run } from './run.mjs'
import { step } from './step.mjs'

const emitted = /\.(js|js\.map|d\.ts)$/

/**
 * Compiled files whose source is gone. The compiler leaves them behind, and a forgotten import would still find them.
 *
 * @param {string} packageFolder
 */
export function orphans(packageFolder) {
  const dist = join(packageFolder, 'dist')
  if (!existsSync(dist)) return []
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter(
      path => emitted.test(path) && !existsSync(join(packageFolder, 'src', path.replace(emitted, '.ts'))),
    )
    .map(path => join(dist, path))
}

/**
 * Compiles what has changed since the last time, and puts the program together.
 *
 * @param {readonly string[]} projects TypeScript projects; the ones that they refer to are built first
 */
export async function build(projects) {
  const packages = readdirSync(join(root, 'packages')).map(name => join('packages', name))
  for (const folder of [...packages, 'bench']) {
    for (const path of orphans(join(root, folder))) rmSync(path)
  }
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { ok, output } = await step('Building', () =>
    run(process.execPath, [tsc, '-b', '--pretty', String(process.stderr.isTTY === true), ...projects]),
  )
  if (!ok) throw new Failure(output)
  await buildProgram()
}
