import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startChronyd } from '../../../test/support/chronyd.ts'
import { fakedClock } from '../../../test/support/faked-clock.ts'
import { bin, end, eventually, runNode, startNode, temporaryDirectory } from './support/processes.ts'

async function chronydAt(...offsetsMs: readonly number[]): Promise<string[]> {
  const daemons = await Promise.all(offsetsMs.map(offsetMs => startChronyd({ localStratum: 1, offsetMs })))
  return daemons.flatMap(({ port }) => ['--source', `sntp:127.0.0.1:${port}`])
}

function clock(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return runNode([bin, 'clock', ...args], { cwd: temporaryDirectory(), env })
}

describe('skewproof clock', () => {
  it.each([-150, 0, 180])('measures a wall clock that is %d s off', async offsetSeconds => {
    const { code, stdout, stderr } = await clock(
      [...(await chronydAt(0, 0, 0)), '--json'],
      fakedClock(offsetSeconds),
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const report = JSON.parse(stdout)
    expect(report).toMatchObject({ status: 'synchronized' })
    expect(Math.abs(report.timeMs - Date.now())).toBeLessThan(60_000)
    expect(Math.abs(report.wallOffsetMs - offsetSeconds * 1000)).toBeLessThan(report.errorMs + 1)
    expect(report.sources).toHaveLength(3)
    expect(report.sources[0]).toMatchObject({
      name: expect.stringMatching(/^sntp:127\.0\.0\.1:\d+$/),
      status: 'selected',
      offsetMs: expect.any(Number),
      errorMs: expect.any(Number),
    })
  })

  it('names a falseticker', async () => {
    const { code, stdout } = await clock(await chronydAt(0, 0, 180_000, 0))
    expect(code).toBe(0)
    expect(stdout).toMatch(/^status {6}synchronized$/m)
    expect(stdout).toMatch(/^x sntp:127\.0\.0\.1:\d+ +falseticker +\+180 s/m)
    expect(stdout.match(/^\* /gm)).toHaveLength(3)
  })

  it('reports two against two, and exits with 1', async () => {
    const { code, stdout } = await clock(await chronydAt(0, 180_000, 0, 180_000))
    expect(code).toBe(1)
    expect(stdout).toMatch(/^status {6}unsynchronized$/m)
    expect(stdout).toMatch(/They contradict each other, and none has a majority/)
  })

  it('says that it knows nothing without a source', async () => {
    const { code, stdout } = await clock(['--source', 'none', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'unsynchronized',
      errorMs: null,
      wallOffsetMs: null,
      sources: [],
    })
  })

  it.each([
    [['--source', 'sundial'], /source: 'sundial' is not known/],
    [['--source', 'none,system'], /--source none cannot be used with other sources/],
    [['--source', 'sntp:'], /server: '' is not HOST/],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await clock(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })

  it('goes on with --watch, a document a line, until it is interrupted', async () => {
    const args = [bin, 'clock', '--watch', '--json', '--source', 'system']
    const child = startNode(args, { cwd: temporaryDirectory() })
    let output = ''
    child.stdout?.on('data', chunk => {
      output += String(chunk)
    })
    await eventually(async () => expect(output.split('\n').length).toBeGreaterThan(2))
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    const [first, second] = output.split('\n').map(line => (line === '' ? undefined : JSON.parse(line)))
    expect(second.timeMs).toBeGreaterThan(first.timeMs)
  })

  it('draws on a terminal', async () => {
    const command = `${process.execPath} ${bin} clock --watch --source system`
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: temporaryDirectory(),
      env: { ...process.env, TERM: 'xterm', COLUMNS: '80' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    onTestFinished(() => end(child))
    let output = ''
    child.stdout.on('data', chunk => {
      output += String(chunk)
    })
    await eventually(async () =>
      expect(output.match(/wall clock minus true time/g)?.length).toBeGreaterThan(1),
    )
    child.kill('SIGTERM')
    await once(child, 'exit')
    expect(output).toMatch(/\* system +selected/)
    expect(output).toMatch(/ 0 o/)
  })
})
