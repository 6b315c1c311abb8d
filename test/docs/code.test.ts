import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { run } from '../support/process.ts'
import { codeBlocks, readPages, root } from './markdown.ts'

/** Below the root, where the packages of the workspace can be imported by their names. */
const folder = join(root, 'node_modules/.cache/docs')

const blocks = readPages().flatMap(page => codeBlocks(page, 'ts').map(code => ({ page: page.path, code })))

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  const compilerOptions = { noEmit: true, composite: false, declaration: false, isolatedDeclarations: false }
  const configuration = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
})

it('compiles every block of TypeScript in every page', async () => {
  expect(blocks).not.toEqual([])
  for (const [index, { page, code }] of blocks.entries()) {
    writeFileSync(join(folder, `${page.replaceAll(/\W/g, '-')}-${index}.ts`), code)
  }
  await run(execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], root)
})

it('runs the first block of the README as it is', async () => {
  const [first = ''] = blocks.filter(({ page }) => page === 'README.md').map(({ code }) => code)
  const directory = mkdtempSync(join(folder, 'run-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'quick-start.mjs'), first)
  expect(await run(execPath, ['quick-start.mjs'], directory)).toBe('alice\nERR_TOKEN_REVOKED\n')
})
