import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** What a page loads: the client in one file, as esbuild makes it. */
export async function bundle(code: string, resolveDir: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
  })
  return outputFiles.map(file => file.text).join('')
}

/** Where the workspace's own packages are found. */
export const root: string = fileURLToPath(new URL('../../..', import.meta.url))
