import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeBlocks, root } from '../../../test/docs/markdown.ts'
import { readScenarioFile } from '../src/simulate/read-file.ts'
import { bin, runNode, temporaryDirectory } from './support/processes.ts'

const page = { path: 'docs/simulator.md', text: readFileSync(join(root, 'docs/simulator.md'), 'utf8') }
const stories = readdirSync(join(root, 'lab/stories')).map(file => join(root, 'lab/stories', file))

function simulate(...args: readonly string[]) {
  return runNode([bin, 'simulate', ...args], { cwd: temporaryDirectory() })
}

/** The scenario that the documentation shows, as a file. */
function exampleFile(): string {
  const path = join(temporaryDirectory(), 'example.yaml')
  writeFileSync(path, codeBlocks(page, 'yaml')[0] ?? '')
  return path
}

describe('skewproof simulate', () => {
  it('plays a scenario from a file, and prints the shape that scripts rely on', async () => {
    const { code, stdout } = await simulate('--scenario', exampleFile(), '--json')
    const result = JSON.parse(stdout)
    expect([code, result.scenario, result.simulatedSeconds]).toEqual([0, 'example', 300])
    const auto = result.policies.find(({ name }: { name: string }) => name === 'auto')
    expect(auto).toMatchObject({ falseRejects: 0, lateAcceptsBeyondBound: 0 })
    expect(result.policies[0]).toMatchObject({
      name: 'jsonwebtoken',
      falseRejects: expect.any(Number),
      lateAccepts: expect.any(Number),
      maxLateAcceptMs: expect.any(Number),
    })
  })

  it('gives the same numbers for the same seed, and draws them', async () => {
    const args = ['--servers', '5', '--skew', '60s', '--duration', '2m', '--seed', '3']
    const html = join(temporaryDirectory(), 'page.html')
    const [one, other] = await Promise.all([simulate(...args, '--html', html), simulate(...args)])
    const withoutTime = (text: string) => text.replace(/ in \S+( \S+)?: .* a second/, '')
    expect(withoutTime(one.stdout)).toBe(withoutTime(other.stdout))
    expect(one.stdout).toMatch(/^Skewproof, auto +0 % /m)
    const text = readFileSync(html, 'utf8')
    expect(text.match(/<svg /g)).toHaveLength(3)
    // Nothing is fetched from anywhere.
    expect(text).not.toMatch(/<(?:script|link|img)|https?:/)
  })

  it.each([
    [['--servers', '0'], 'whole number from 1'],
    [['--skew', 'much'], 'skew: '],
    [['--scenario', '/nowhere.yaml'], 'the scenario /nowhere.yaml cannot be read'],
    [['--html', '/nowhere/page.html', '--duration', '1s'], '--html: /nowhere/page.html cannot be written'],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, stderr } = await simulate(...args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })

  it('says where a scenario is wrong', async () => {
    const path = join(temporaryDirectory(), 'bad.yaml')
    writeFileSync(path, 'servers: [{ clock: { offsetSecond: 3 } }]')
    const { code, stderr } = await simulate('--scenario', path)
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('servers[0].clock.offsetSecond: it is not known'),
    ])
    writeFileSync(path, 'servers: [')
    expect((await simulate('--scenario', path)).stderr).toContain('is no YAML')
  })
})

it.each(stories)('%s is a scenario', path => {
  expect(path.endsWith(`/${readScenarioFile(path).name}.yaml`)).toBe(true)
})
