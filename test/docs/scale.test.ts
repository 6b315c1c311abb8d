import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { expect, it } from 'vitest'
import { run } from '../support/process.ts'
import { root } from './markdown.ts'

const number = /\d[\d,]*(?:\.\d+)?/g

function tablesOf(text: string): readonly string[] {
  return text.split('\n\n').filter(part => part.trimStart().startsWith('|'))
}

function numbersOf(text: string): readonly number[] {
  return [...text.matchAll(number)].map(([digits]) => Number(digits.replaceAll(',', '')))
}

it('docs/scale.md has the numbers that examples/scale computes', async () => {
  const computed = tablesOf(await run(execPath, ['examples/scale/scale.mjs'], root)).map(part => part.trim())
  const page = tablesOf(readFileSync(join(root, 'docs/scale.md'), 'utf8')).slice(0, computed.length)
  expect(computed.length).toBeGreaterThan(4)
  expect(page.map(table => table.replace(number, '0'))).toEqual(
    computed.map(table => table.replace(number, '0')),
  )
  // Compression differs a little from one zlib to another.
  const expected = computed.flatMap(numbersOf)
  const off = page.flatMap(numbersOf).map((value, at) => Math.abs(value / (expected[at] ?? Number.NaN) - 1))
  expect(off.filter(share => !(share <= 0.1))).toEqual([])
})
