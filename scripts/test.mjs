// `npm test`: installs and builds what is missing, lints, type-checks, and runs the tests.
// `npm test -- some/file` runs only the tests there.
import { join } from 'node:path'
import process from 'node:process'
import { build } from './lib/build.mjs'
import { Failure, main } from './lib/main.mjs'
import { installPackages } from './lib/packages.mjs'
import { buildPage } from './lib/page.mjs'
import { root } from './lib/root.mjs'
import { run } from './lib/run.mjs'
import { step } from './lib/step.mjs'
import { installSystemPackages } from './lib/system-packages.mjs'

async function lint() {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const { ok, output } = await step('Linting', () =>
    run(process.execPath, [biome, 'check', '--error-on-warnings', '.']),
  )
  if (!ok) throw new Failure(output)
}

/** @param {readonly string[]} args as for `vitest run` */
async function runTests(args) {
  const { parseCLI, startVitest } = await import('vitest/node')
  const { filter, options } = parseCLI(['vitest', 'run', ...args])
  const vitest = await startVitest('test', filter, { ...options, root })
  const modules = vitest.state.getTestModules()
  const tests = modules.flatMap(module => [...module.children.allTests()])
  /** @param {string} state */
  const count = state => tests.filter(test => test.result().state === state).length
  const broken =
    modules.filter(module => module.errors().length > 0).length + vitest.state.getUnhandledErrors().length
  const passed = count('passed')
  const failed = count('failed') + broken
  const skipped = tests.length - passed - count('failed')
  await vitest.close()
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  process.exit(failed > 0 || passed === 0 ? 1 : (process.exitCode ?? 0))
}

await main(async () => {
  const args = process.argv.slice(2)
  await installPackages()
  await installSystemPackages()
  if (args.length === 0) await lint()
  await build(['.'])
  await buildPage()
  await runTests(args)
})
