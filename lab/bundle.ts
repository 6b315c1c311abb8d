import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { root } from '../scripts/lib/root.mjs'

const entry = fileURLToPath(new URL('server/server.mjs', import.meta.url))
const outfile = join(root, 'node_modules/.cache/lab/server.mjs')

let bundling: Promise<string> | undefined

/** The server as one file: dozens of processes start in half the time. */
export function bundledServer(): Promise<string> {
  bundling ??= build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['lmdb'],
    logLevel: 'error',
    // Some of what is bundled is CommonJS.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  }).then(() => outfile)
  return bundling
}
