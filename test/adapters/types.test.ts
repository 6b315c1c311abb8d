import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { run } from '../support/process.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))

it.each([
  ['Express 5', 'express', 'express', '@types/express/index.d.ts'],
  ['Express 4', 'express', 'express', '@types/express4/index.d.ts'],
  ['Fastify 5', 'fastify', 'fastify', 'fastify/fastify.d.ts'],
  ['Fastify 4', 'fastify', 'fastify', 'fastify4/fastify.d.ts'],
  ['Hono, fetch and node', 'others', 'hono', 'hono/dist/types/index.d.ts'],
])('the types of %s fit, and claims have theirs', async (name, fixture, module, types) => {
  const folder = join(root, 'node_modules/.cache/adapters', name.replaceAll(/\W/g, '-'))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const path = join(root, 'node_modules', types)
  const configuration = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      isolatedDeclarations: false,
      // What was published must fit, too.
      skipLibCheck: false,
      paths: { [module]: [path] },
    },
    files: [join(fixtures, `${fixture}.ts`)],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const files = await run(execPath, [tsc, '-p', folder, '--listFiles'], root)
  expect(files.split('\n')).toContain(path)
})
