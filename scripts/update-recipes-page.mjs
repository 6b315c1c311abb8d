// `node scripts/update-recipes-page.mjs`: puts the programs of examples/ into docs/recipes.md, as they are today. A new one needs a
// block that begins with ```ts and its path.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './lib/root.mjs'

const page = join(root, 'docs/recipes.md')

const updated = readFileSync(page, 'utf8').replace(
  /^```ts (\S+)\n.*?^```$/gms,
  (_block, path) => `\`\`\`ts ${path}\n${readFileSync(join(root, path), 'utf8')}\`\`\``,
)
writeFileSync(page, updated)
