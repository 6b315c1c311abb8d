// `npm run lab`: wrong clocks on real servers. Installs and builds what is missing, then plays the stories in lab/stories.
import { join } from 'node:path'
import process from 'node:process'
import { build } from './lib/build.mjs'
import { Failure, main } from './lib/main.mjs'
import { installPackages } from './lib/packages.mjs'
import { root } from './lib/root.mjs'
import { installSystemPackages } from './lib/system-packages.mjs'

await main(async () => {
  const args = process.argv.slice(2)
  await installPackages()
  // What only says something needs no servers.
  if (!args.includes('--list') && !args.includes('--help')) await installSystemPackages()
  await build(['packages/skewproof'])
  // It is TypeScript, and runs as it is written.
  const { runnerImport } = await import('vite')
  const { module } = await runnerImport(join(root, 'lab/main.ts'), {
    root,
    configFile: false,
    logLevel: 'error',
  })
  try {
    await module.main(args)
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error))
  }
  process.exit()
})
