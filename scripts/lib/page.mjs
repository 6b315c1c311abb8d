import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { digestOf } from './digest.mjs'
import { root } from './root.mjs'
import { step } from './step.mjs'

const source = join(root, 'packages/dashboard')
const page = join(root, 'packages/server/page')
const stamp = join(root, 'node_modules/.cache/dashboard-source')

/** What the page is made of: its own files, what they import of the library, and the packages by the lock file. */
const ingredients = [
  join(source, 'src'),
  join(source, 'index.html'),
  join(source, 'vite.config.ts'),
  ...['simulator', 'clock', 'fleet', 'time', 'tokens'].map(name =>
    join(root, 'packages/skewproof/dist', name),
  ),
  join(root, 'package-lock.json'),
]

/** Builds the dashboard into the server's package, unless it is there and up to date. */
export async function buildPage() {
  const digest = digestOf(ingredients)
  const isBuilt = existsSync(join(page, 'index.html')) && existsSync(stamp)
  if (isBuilt && readFileSync(stamp, 'utf8') === digest) return
  await step('Building the dashboard', async () => {
    const { build } = await import('vite')
    await build({ root: source, logLevel: 'warn' })
    mkdirSync(dirname(stamp), { recursive: true })
    writeFileSync(stamp, digest)
  })
}
