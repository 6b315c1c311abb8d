import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { orphans } from '../../scripts/lib/build.mjs'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skewproof-build-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

function write(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), '')
  }
}

it('finds compiled files whose source is gone, and nothing else', () => {
  write('src/kept.ts', 'src/sub/kept.ts')
  write('dist/kept.js', 'dist/kept.js.map', 'dist/sub/kept.d.ts', 'dist/.tsbuildinfo', 'dist/page.html')
  write('dist/gone.js', 'dist/gone.js.map', 'dist/sub/gone.d.ts')
  expect(orphans(folder).sort()).toEqual(
    ['dist/gone.js', 'dist/gone.js.map', 'dist/sub/gone.d.ts'].map(path => join(folder, path)),
  )
})

it('finds nothing in a package that has not been built', () => {
  write('src/kept.ts')
  expect(orphans(folder)).toEqual([])
})
