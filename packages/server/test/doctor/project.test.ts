import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { examine } from '../support/examine.ts'
import { runHere } from '../support/here.ts'
import { temporaryDirectory } from '../support/processes.ts'
import { runCommand } from '../support/service.ts'

function project(files: Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

const careless = "const jwt = require('jsonwebtoken')\njwt.verify(token, 'hunter2')\n"
const careful = "import { jwtVerify } from 'jose'\nawait jwtVerify(token, key, { clockTolerance: '30s' })\n"

async function examineProject(folder: string) {
  const examined = await examine(['--project', folder])
  return { ...examined, findings: examined.checks.filter(({ id }) => id.startsWith('project.')) }
}

describe('a project', () => {
  it('that is right passes', async () => {
    const { findings } = await examineProject(project({ 'src/a.mjs': careful, 'README.md': '# jose' }))
    expect(findings.map(({ id, status }) => [id, status])).toEqual([
      ['project.files', 'pass'],
      ['project.tolerance', 'pass'],
      ['project.ignore-expiration', 'pass'],
      ['project.exp', 'pass'],
    ])
  })

  it.each([
    ['project.tolerance', 'fail', careless],
    ['project.tolerance', 'fail', careful.replace('30s', '61s')],
    ['project.tolerance', 'fail', careful.replace('30s', '0s')],
    ['project.tolerance', 'warn', careful.replace("{ clockTolerance: '30s' }", 'options')],
    ['project.ignore-expiration', 'fail', careless.replace("'hunter2'", 'key, { ignoreExpiration: true }')],
    ['project.exp', 'warn', "require('jsonwebtoken').sign({ exp: Date.now() / 1000 + 60 }, key)"],
  ])('with a fault in %s: %s', async (id, status, text) => {
    const { findings } = await examineProject(project({ 'a.js': text }))
    expect(findings.find(check => check.id === id)?.status).toBe(status)
  })

  it('is shown without its secrets', async () => {
    const folder = project({ 'src/login.js': careless })
    const { stdout, code } = await runCommand(['doctor', '--project', folder], { cwd: folder })
    expect(code).toBe(1)
    expect(stdout).toContain(
      "✗ project.tolerance          src/login.js:2:1: jsonwebtoken's verify tolerates no skew",
    )
    expect(stdout).toContain("> 2 | jwt.verify(token, '…')")
    expect(stdout).not.toContain('hunter2')
  })

  it('is read as far as it is its own: no packages, no output, no links, nothing too large', async () => {
    const folder = project({
      'src/a.mjs': careful,
      'node_modules/a/index.js': careless,
      'src/node_modules/b/index.js': careless,
      'dist/a.js': careless,
      '.git/hooks/a.js': careless,
      'src/a.d.ts': careless,
      'src/large.js': `${careless}//${'x'.repeat(1_048_576)}`,
    })
    symlinkSync('..', join(folder, 'src/loop'))
    symlinkSync(join(folder, 'dist/a.js'), join(folder, 'src/link.js'))
    symlinkSync('nowhere', join(folder, 'src/broken.js'))
    expect(spawnSync('mkfifo', [join(folder, 'src/pipe.js')]).status).toBe(0)
    const { findings } = await examineProject(folder)
    expect(findings.map(({ id, status, message }) => [id, status, message])).toEqual([
      ['project.files', 'pass', '1 file read'],
      ['project.files', 'warn', 'src/large.js: it is larger than 1 MiB'],
      ['project.tolerance', 'pass', expect.any(String)],
      ['project.ignore-expiration', 'pass', expect.any(String)],
      ['project.exp', 'pass', expect.any(String)],
    ])
  })

  it('with files that do not parse is warned of them, and the others are judged', async () => {
    const folder = project({
      'a.ts': 'import jose from = 5',
      'b.js': `jose = ${'['.repeat(100_000)}`,
      'c.js': '\u0000\u0001 jose \ud800',
      'd.mjs': careful,
    })
    const { findings, ok } = await examineProject(folder)
    const warnings = findings.filter(({ status }) => status === 'warn').map(({ message }) => message)
    expect(warnings).toEqual([
      expect.stringMatching(/^a\.ts: it does not parse: .*\(1:17\)/),
      expect.stringMatching(/^b\.js: it (is nested too deeply|does not parse)/),
      expect.stringMatching(/^c\.js: it does not parse/),
    ])
    expect(findings.find(({ id }) => id === 'project.tolerance')?.status).toBe('pass')
    expect(ok).toBe(true)
  })

  it('that is too large for the time given is examined in part', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 400 }, (_, index) => [`${index}.mjs`, careful.repeat(2000)]),
    )
    const folder = project(many)
    const args = ['doctor', '--json', '--timeout', '0.5', '--project', folder]
    const { stdout } = await runCommand(args, { cwd: folder })
    const { checks } = JSON.parse(stdout)
    expect(checks).toContainEqual(
      expect.objectContaining({ id: 'project.files', status: expect.stringMatching(/warn|fail/) }),
    )
  })
})

describe('wrong use', () => {
  it.each(['missing', 'file.js'])('a project that is no folder: %s', async name => {
    const folder = project({ 'file.js': '' })
    const { code, stdout, stderr } = await runHere(['doctor', '--project', name], { cwd: folder })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`--project: ${name} is not a folder`)
  })
})
