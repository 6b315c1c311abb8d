import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkIds } from '../../packages/server/src/doctor/check.ts'
import { run } from '../support/process.ts'
import { codeBlocks, root } from './markdown.ts'

function readPage(path: string): { path: string; text: string } {
  return { path, text: readFileSync(join(root, path), 'utf8') }
}

describe('docs/errors.md', () => {
  const { text } = readPage('docs/errors.md')
  const sources = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'packages/*/src/*.ts'], {
    cwd: root,
  })
    .toString()
    .trim()
    .split('\n')
    .filter(path => !path.endsWith('.test.ts'))
    .map(path => readFileSync(join(root, path), 'utf8'))
    .join('\n')

  /** `ERR_HTTP_...` are Node's. */
  const codes = new Set(
    [...sources.matchAll(/'(ERR_[A-Z_]+[A-Z])'/g)]
      .map(([, code = '']) => code)
      .filter(code => !code.startsWith('ERR_HTTP_')),
  )
  const oauthErrors = new Set(
    [...sources.matchAll(/oauthRefusal\('([a-z_]+)'/g)].map(([, name = '']) => name),
  )

  it('has every code of the source', () => {
    expect(codes.size).toBeGreaterThan(20)
    expect([...codes].filter(code => !text.includes(`\`${code}\``))).toEqual([])
  })

  it('has every OAuth error of the source', () => {
    expect(oauthErrors).toContain('invalid_grant')
    expect([...oauthErrors].filter(name => !text.includes(`\`${name}\``))).toEqual([])
  })

  it('has no code that the source does not have', () => {
    const named = [...text.matchAll(/`(ERR_[A-Z_]+[A-Z])`/g)].map(([, code = '']) => code)
    expect(named.filter(code => !codes.has(code))).toEqual([])
  })
})

describe('docs/doctor.md', () => {
  const { text } = readPage('docs/doctor.md')
  const explained = [...text.matchAll(/^\| `([a-z]+\.[a-z-]+)` \|/gm)].map(([, id = '']) => id)

  it('explains every check, in the order in which they are shown, and no other', () => {
    expect(explained).toEqual([...checkIds])
  })
})

describe('docs/cli.md', () => {
  const page = readPage('docs/cli.md')
  const bin = join(root, 'packages/server/bin/skewproof.js')
  const help = (command: string) =>
    run(execPath, [bin, ...command.split(' ').filter(Boolean), '--help'], root)
  let commands: string[]

  /** The names of the commands below this one, as its help lists them. */
  async function subcommands(parent: string): Promise<string[]> {
    const [, list = ''] = (await help(parent)).split('Commands:\n')
    const names = [...list.matchAll(/^ {2}(\w+)/gm)]
      .map(([, name = '']) => name)
      .filter(name => name !== 'help')
    const paths = names.map(name => `${parent} ${name}`.trim())
    const below = await Promise.all(paths.map(subcommands))
    return paths.flatMap((path, index) => (below[index]?.length ? (below[index] ?? []) : [path]))
  }

  beforeAll(async () => {
    commands = await subcommands('')
  })

  it('shows the help of every command as it is', async () => {
    expect(commands).toContain('token issue')
    const shown = codeBlocks(page, 'text').filter(block => block.startsWith('Usage: '))
    const real = await Promise.all(commands.map(help))
    expect(shown).toEqual(real)
  })
})
