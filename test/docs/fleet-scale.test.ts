import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { expect, it } from 'vitest'
import { maxNodes } from '../../packages/skewproof/src/stores/fleet-store.ts'
import { run } from '../support/process.ts'
import { root } from './markdown.ts'

it('docs/scale.md has the numbers of fleets that examples/scale simulates, and knows how many a store takes', async () => {
  const page = readFileSync(join(root, 'docs/scale.md'), 'utf8')
  const [, section = ''] = page.split('## 10, 1,000 and 100,000 servers')
  expect(section).toContain((await run(execPath, ['examples/scale/fleet.mjs'], root)).trim())
  expect(section).toContain(`One store takes ${maxNodes.toLocaleString('en')} servers`)
})
