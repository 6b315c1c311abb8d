// `npm run bench` and `npm run bench:load`: install and build what is missing, then measure.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { build } from './lib/build.mjs'
import { main } from './lib/main.mjs'
import { installPackages } from './lib/packages.mjs'
import { root } from './lib/root.mjs'
import { installSystemPackages } from './lib/system-packages.mjs'

// A million tokens with what is known of them do not fit into the memory that Node takes by itself.
const memory = ['--expose-gc', '--max-old-space-size=12288']

await main(async () => {
  const [program = '', ...args] = process.argv.slice(2)
  await installPackages()
  await installSystemPackages()
  await build(['bench'])
  const entry = join(root, 'bench/dist', `${program}.js`)
  const { status } = spawnSync(process.execPath, [...memory, entry, ...args], { cwd: root, stdio: 'inherit' })
  process.exitCode = status ?? 1
})
