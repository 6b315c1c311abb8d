// `npm run build`: compiles everything, and builds the dashboard, where something has changed.
import { build } from './lib/build.mjs'
import { main } from './lib/main.mjs'
import { buildPage } from './lib/page.mjs'

await main(async () => {
  await build(['.'])
  await buildPage()
})
