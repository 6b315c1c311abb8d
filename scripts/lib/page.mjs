import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

/**
 * A digest of files and folders, by their names and contents.
 *
 * @param {readonly string[]} paths those that are missing count as empty
 */
export function digestOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths.flatMap(filesIn))
    hash.update(path).update('\0').update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}

/** @param {string} path @returns {string[]} */
function filesIn(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map(name => join(path, name))
    .filter(file => statSync(file).isFile())
    .sort()
}

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
