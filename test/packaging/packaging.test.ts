import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Manifest, pack, readManifest, type Tarball } from '../support/packing.ts'
import { run } from '../support/process.ts'

vi.setConfig({ hookTimeout: 300_000 })

const root = fileURLToPath(new URL('../..', import.meta.url))
const consumerSource = fileURLToPath(new URL('consumer', import.meta.url))
const lintedSource = fileURLToPath(new URL('linted', import.meta.url))
const packages = ['packages/skewproof', 'packages/server', 'packages/eslint-plugin-skewproof']

let folder: string
let tarballs: Tarball[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skewproof-packaging-'))
  tarballs = await pack(root, packages, folder)
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** What resolution in a package of ES modules alone cannot give: `require`, and TypeScript's way before `exports`. */
const unsupported = new Set(['node10', 'node16-cjs'])

describe.each(packages)('the tarball of %s', workspace => {
  const manifest = readManifest(join(root, workspace))
  const tarball = (): Tarball => {
    const found = tarballs.find(({ name }) => name === manifest.name)
    if (found === undefined) throw new Error(`${manifest.name} was not packed`)
    return found
  }
  const contents = (): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(tarball().path))

  it('has no finding of publint', async () => {
    const { messages, pkg } = await publint({ pack: { tarball: contents().buffer }, strict: true })
    expect(messages.map(message => formatMessage(message, pkg))).toEqual([])
  })

  it('has types that are right for whoever imports it', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(contents()))
    const problems = analysis.types === false ? [analysis] : analysis.problems
    expect(
      problems.filter(problem => !('resolutionKind' in problem && unsupported.has(problem.resolutionKind))),
    ).toEqual([])
  })

  it('holds every file that it exports or runs', () => {
    const exported = Object.values(manifest.exports).flatMap(target =>
      typeof target === 'string' ? [target] : [target.types, target.default],
    )
    const promised = [...exported, ...Object.values(manifest.bin ?? {})].map(path =>
      path.replace(/^\.\//, ''),
    )
    expect(promised.filter(path => !tarball().files.includes(path))).toEqual([])
  })

  it('holds a licence, a README, what was compiled, and nothing else', () => {
    const allowed =
      /^(LICENSE|README\.md|package\.json|bin\/[\w-]+\.js|dist\/.+\.(js|js\.map|d\.ts)|program\/[\w-]+\.js|page\/(index\.html|LICENSES\.md|assets\/[\w-]+\.(js|css|svg)))$/
    const { files } = tarball()
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']))
    expect(files.filter(path => !allowed.test(path) || /\.test\.|vectors?\b/.test(path))).toEqual([])
  })
})

// A connection that stalls is tried again, rather than waited for.
const patience = ['--fetch-timeout=20000', '--fetch-retries=5', '--fetch-retry-mintimeout=1000']
const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...patience]

describe('a project that installs the tarballs', () => {
  let project: string
  let library: Manifest

  beforeAll(async () => {
    project = join(folder, 'consumer')
    cpSync(consumerSource, project, { recursive: true })
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
    const { version } = JSON.parse(readFileSync(join(root, 'node_modules/@types/node/package.json'), 'utf8'))
    const { peerDependencies } = JSON.parse(
      readFileSync(join(root, 'packages/skewproof/package.json'), 'utf8'),
    )
    const peers = Object.entries(peerDependencies).map(([name, range]) => `${name}@${range}`)
    const wanted = [
      `@types/node@${version}`,
      ...peers,
      ...tarballs.filter(({ name }) => name !== 'eslint-plugin-skewproof').map(({ path }) => path),
    ]
    await run('npm', [...install, ...wanted], project)
    library = readManifest(join(project, 'node_modules/skewproof'))
  })

  it('compiles with the strictest settings, and runs', async () => {
    await run(execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], project)
    const output = await run(execPath, ['out/consumer.js'], project)
    const used = { subject: 'alice', elsewhere: 'alice', refusal: 'ERR_TOKEN_REVOKED' }
    expect(
      output
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
    ).toEqual(['2027-01-15T08:00:00.000Z', used, used])
  })

  it('can import every path that the library exports, and no file behind them', async () => {
    const files =
      tarballs.find(({ name }) => name === 'skewproof')?.files.filter(path => path.endsWith('.js')) ?? []
    const exported = Object.keys(library.exports).filter(path => path !== './package.json')
    const internal = files.flatMap(path => [
      `./${path}`,
      `./${path.replace(/^dist\/(.+?)(\/index)?\.js$/, '$1')}`,
    ])
    const hidden = internal.filter(path => !exported.includes(path) && path !== './index')
    writeFileSync(
      join(project, 'probe.js'),
      `const outcomes = {}
       for (const path of ${JSON.stringify([...exported, ...hidden])}) {
         outcomes[path] = await import(path.replace('.', 'skewproof')).then(() => 'loaded', error => error.code)
       }
       console.log(JSON.stringify(outcomes))`,
    )
    const outcomes = JSON.parse(await run(execPath, ['probe.js'], project))
    expect(outcomes).toEqual({
      ...Object.fromEntries(hidden.map(path => [path, 'ERR_PACKAGE_PATH_NOT_EXPORTED'])),
      ...Object.fromEntries(exported.map(path => [path, 'loaded'])),
    })
    expect(hidden).toContain('./dist/tokens/service.js')
  })

  it('has the command line', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'packages/server/package.json'), 'utf8'))
    expect((await run('npx', ['--no-install', 'skewproof', '--version'], project)).trim()).toBe(version)
  })
})

describe('a project that lints with the tarball of the rules', () => {
  let project: string

  beforeAll(async () => {
    project = join(folder, 'linted')
    cpSync(lintedSource, project, { recursive: true })
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
    const { devDependencies } = JSON.parse(
      readFileSync(join(root, 'packages/eslint-plugin-skewproof/package.json'), 'utf8'),
    )
    const tools = ['eslint', '@typescript-eslint/parser', 'typescript'].map(
      name => `${name}@${devDependencies[name]}`,
    )
    const rules = tarballs.filter(({ name }) => name === 'eslint-plugin-skewproof').map(({ path }) => path)
    await run('npm', [...install, ...tools, ...rules], project)
  })

  /** What ESLint says of each file, whether that is an error or not. */
  async function lint(...args: string[]) {
    const eslint = join(project, 'node_modules/eslint/bin/eslint.js')
    await run(
      execPath,
      [eslint, '--format', 'json', '--output-file', 'report.json', ...args, '.'],
      project,
    ).catch(() => {})
    const report: LintResult[] = JSON.parse(readFileSync(join(project, 'report.json'), 'utf8'))
    return report
      .flatMap(({ filePath, messages }) =>
        messages.map(({ ruleId, line }) => `${basename(filePath)}:${line} ${ruleId}`),
      )
      .sort()
  }

  it('has its findings in TypeScript and in CommonJS, and mends what it can', async () => {
    const lasting = [
      'legacy.cjs:3 skewproof/no-unbounded-tolerance',
      'session.ts:13 skewproof/no-date-now-in-token-logic',
      'session.ts:8 skewproof/no-zero-tolerance-verify',
    ]
    const found = [lasting[0], lasting[1], 'session.ts:4 skewproof/no-absolute-exp', lasting[2]]
    expect(await lint()).toEqual(found)
    expect(await lint('--fix')).toEqual(lasting)
    expect(readFileSync(join(project, 'session.ts'), 'utf8')).toContain(
      "new SignJWT(claims).setExpirationTime('15m').sign(key)",
    )
  })
})

interface LintResult {
  readonly filePath: string
  readonly messages: readonly { readonly ruleId: string; readonly line: number }[]
}
