import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { digestOf } from './digest.mjs'
import { root } from './root.mjs'
import { step } from './step.mjs'

const server = join(root, 'packages/server')
const program = join(server, 'program')
const stamp = join(root, 'node_modules/.cache/program-source')
const manifest = join(server, 'package.json')

/** What the program is made of. */
const ingredients = [join(server, 'dist'), join(root, 'packages/skewproof/dist'), manifest]

/**
 * Puts the compiled modules of the command line, and those of the library, into a few files: a third of what a command takes is to
 * find and load some hundreds. What others have written stays outside, as the package's dependencies.
 */
export async function buildProgram() {
  const entry = join(server, 'dist/cli.js')
  if (!existsSync(entry)) return
  const digest = digestOf(ingredients)
  const isBuilt = existsSync(join(program, 'cli.js')) && existsSync(stamp)
  if (isBuilt && readFileSync(stamp, 'utf8') === digest) return
  await step('Building the program', async () => {
    const { build } = await import('esbuild')
    rmSync(program, { recursive: true, force: true })
    await build({
      entryPoints: [entry],
      outdir: program,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      external: Object.keys(JSON.parse(readFileSync(manifest, 'utf8')).dependencies),
      logLevel: 'warning',
    })
    mkdirSync(dirname(stamp), { recursive: true })
    writeFileSync(stamp, digest)
  })
}
