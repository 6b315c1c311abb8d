// Runs before `npm pack` and `npm publish` of a package: builds it, and puts the licence into it.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './lib/build.mjs'
import { main } from './lib/main.mjs'
import { buildPage } from './lib/page.mjs'
import { root } from './lib/root.mjs'

await main(async () => {
  await build(['packages/server', 'packages/eslint-plugin-skewproof'])
  await buildPage()
  copyFileSync(join(root, 'LICENSE'), 'LICENSE')
})
