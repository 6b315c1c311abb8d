// `npm start`: installs and builds what is missing or out of date, then runs the service in this very process,
// so that signals, the terminal and the exit code are its own.
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { build } from './lib/build.mjs'
import { main } from './lib/main.mjs'
import { installPackages } from './lib/packages.mjs'
import { buildPage } from './lib/page.mjs'
import { root } from './lib/root.mjs'

await main(async () => {
  await installPackages()
  await build(['packages/server'])
  await buildPage()
  const command = join(root, 'packages/server/bin/skewproof.js')
  process.argv = [process.argv0, command, 'serve', ...process.argv.slice(2)]
  await import(pathToFileURL(command).href)
})
