import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { codeFiles, readPages, root } from './markdown.ts'

const files = readPages().flatMap(page => codeFiles(page))

it.each(files.map(({ path, code }) => [path, code]))('the pages show %s as it is', (path, code) => {
  expect(code).toBe(readFileSync(join(root, path), 'utf8'))
})

it('there are such files', () => {
  expect(files.map(({ path }) => path)).toContain('examples/tokens.ts')
})
