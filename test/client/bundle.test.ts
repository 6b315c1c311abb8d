import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build as buildWithVite } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pack } from '../support/packing.ts'
import { run } from '../support/process.ts'
import { bundle, root } from './support/bundle.ts'

let project: string

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'skewproof-bundle-'))
  const [tarball] = await pack(root, ['packages/skewproof'], project)
  const installed = join(project, 'node_modules/skewproof')
  mkdirSync(installed, { recursive: true })
  await run('tar', ['-xzf', `${tarball?.path}`, '-C', installed, '--strip-components=1'], project)
})

afterAll(() => {
  rmSync(project, { recursive: true, force: true })
})

async function vite(code: string): Promise<string> {
  const entry = join(project, 'entry.js')
  writeFileSync(entry, code)
  const built = await buildWithVite({
    root: project,
    configFile: false,
    logLevel: 'error',
    build: { write: false, rolldownOptions: { input: entry }, modulePreload: false, target: 'es2022' },
  })
  const outputs = Array.isArray(built) ? built : [built]
  return outputs
    .flatMap(output => ('output' in output ? output.output : []))
    .map(chunk => (chunk.type === 'chunk' ? chunk.code : ''))
    .join('')
}

const esbuild = (code: string) => bundle(code, project)

const using = (names: string) => `import { ${names} } from 'skewproof/client'\nglobalThis.used = [${names}]`

/** What the documentation says that an import costs: a row for each, in bytes by esbuild and by Vite. */
const page = readFileSync(join(root, 'docs/client.md'), 'utf8')
const rows = page.matchAll(/^\| `(?<names>[\w, ]+)` \| (?<esbuild>[\d,]+) \| (?<vite>[\d,]+) \|$/gm)
const documented = [...rows].map(({ groups: { names = '', esbuild = '', vite = '' } = {} }) => {
  const [byEsbuild, byVite] = [esbuild, vite].map(text => Number(text.replace(',', '')))
  return { names, byEsbuild, byVite }
})

it('documents all that can be imported', () => {
  expect(documented.map(({ names }) => names)).toEqual([
    'createTokenClient',
    'createServiceClient',
    'detectClockSkew',
    'createTokenClient, createServiceClient, detectClockSkew, ClientError',
  ])
})

describe.each(documented)('$names of the published client', ({ names, byEsbuild, byVite }) => {
  it.each([
    ['esbuild', esbuild, byEsbuild],
    ['Vite', vite, byVite],
  ])('bundled by %s, is as small as documented and needs no Node', async (bundler, make, expected = 0) => {
    const output = await make(using(names))
    const bytes = gzipSync(output, { level: 9 }).byteLength
    console.info(`${names} by ${bundler}: ${bytes} bytes, minified and compressed`)
    expect(output).toContain('performance.now()')
    expect(output).not.toMatch(/node:|require\(|process\b|Buffer\b/)
    expect(Math.abs(bytes - expected)).toBeLessThan(expected / 50)
    if (!names.includes(',')) expect(bytes).toBeLessThan(4000)
  })
})
