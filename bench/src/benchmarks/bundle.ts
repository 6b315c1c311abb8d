import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { type Benchmark, below, figure } from '../benchmark.js'

const imports: readonly (readonly [name: string, exports: string])[] = [
  ['createTokenClient', 'createTokenClient'],
  ['detectClockSkew', 'detectClockSkew'],
  ['all of it', '*'],
]

const method =
  'What a page loads of `skewproof/client`: bundled and minified by esbuild, compressed by gzip at its best.'

export const bundle: Benchmark = {
  name: 'bundle',
  title: 'The client in a page',
  async run() {
    const sizes = await Promise.all(
      imports.map(async ([name, names]) => [name, await sizeOf(names)] as const),
    )
    const [, client = Number.NaN] = sizes[0] ?? []
    return {
      method,
      tables: [{ head: ['', 'gzip'], rows: sizes.map(([name, size]) => [name, figure('bytes', size)]) }],
      aims: [below('client bundle, `createTokenClient`', 4096, figure('bytes', client))],
    }
  },
}

async function sizeOf(names: string): Promise<number> {
  const what = names === '*' ? '*' : `{ ${names} }`
  const { outputFiles } = await build({
    stdin: {
      contents: `export ${what} from 'skewproof/client'`,
      resolveDir: fileURLToPath(new URL('../..', import.meta.url)),
    },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
  })
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).byteLength
}
