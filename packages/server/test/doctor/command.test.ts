import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fakedClock } from '../../../../test/support/faked-clock.ts'
import { examine } from '../support/examine.ts'
import { runHere } from '../support/here.ts'
import { temporaryDirectory } from '../support/processes.ts'
import { runCommand } from '../support/service.ts'

describe('the report', () => {
  it('is of the shape that scripts rely on', async () => {
    const { checks, ok, code } = await examine([])
    for (const { id, status, message } of checks) {
      expect(id).toMatch(/^[a-z]+\.[a-z-]+$/)
      expect(['pass', 'warn', 'fail', 'skip']).toContain(status)
      expect(message).toBeTruthy()
    }
    expect(ok).toBe(!checks.some(({ status }) => status === 'fail'))
    expect(code).toBe(ok ? 0 : 1)
  })

  it('is a line for each check, without colours where nobody sees them', async () => {
    const { stdout } = await runCommand(['doctor'], { cwd: temporaryDirectory() })
    expect(stdout).toMatch(/^[✓!✗-] host\.clocksource {2,}/m)
    expect(stdout).not.toContain('\u001b')
  })
})

describe('the host', () => {
  it('whose clock is faked', async () => {
    expect((await examine([])).check('host.faked-clock')).toMatchObject({ status: 'pass' })
    const faked = await examine([], { env: fakedClock(120) })
    expect(faked.check('host.faked-clock')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('libfaketimeMT.so.1'),
    })
  })
})

describe('the tolerance', () => {
  it('comes from the flag, the environment or the configuration file', async () => {
    const cwd = temporaryDirectory()
    writeFileSync(join(cwd, 'skewproof.config.json'), JSON.stringify({ clockTolerance: '5m', port: 1 }))
    const judged = async (args: readonly string[], env: NodeJS.ProcessEnv) =>
      (await examine(args, { cwd, env })).check('tolerance.configured')
    expect(await judged([], {})).toMatchObject({ status: 'fail', fix: expect.stringContaining('auto') })
    expect(await judged([], { SKEWPROOF_CLOCK_TOLERANCE: '0s' })).toMatchObject({ status: 'fail' })
    expect(await judged([], { SKEWPROOF_CLOCK_TOLERANCE: '45s' })).toMatchObject({ status: 'pass' })
    expect(await judged(['--clock-tolerance', '10s'], { SKEWPROOF_CLOCK_TOLERANCE: '45s' })).toMatchObject({
      status: 'warn',
    })
  })
})

describe('wrong use', () => {
  it.each([
    [['--timeout', '0'], /number of seconds/],
    [['--timeout', 'soon'], /number of seconds/],
    [['--nonsense'], /unknown option/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runHere(['doctor', ...args], { cwd: temporaryDirectory() })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
  })
})
