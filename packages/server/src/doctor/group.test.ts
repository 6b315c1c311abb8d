import { describe, expect, it } from 'vitest'
import { UsageError } from '../usage-error.ts'
import { pass, reportOf } from './check.ts'
import { type CheckGroup, runGroups } from './group.ts'

const good = pass('host.container', 'good')
const hour = 3_600_000

function group(run: CheckGroup['run'], deadlineMs = hour): CheckGroup {
  return { id: 'host.clocksource', deadlineMs, run }
}

describe('groups', () => {
  it('run at once, and keep their order', async () => {
    let open = (): void => {}
    const opened = new Promise<void>(resolve => {
      open = resolve
    })
    const first = group(async () => {
      await opened
      return [pass('daemon.installed', 'first')]
    })
    const second = group(async () => {
      open()
      return [good]
    })
    const checks = await runGroups([first, second], hour)
    expect(checks.map(({ id }) => id)).toEqual(['daemon.installed', 'host.container'])
  })

  it.each([
    ['its own deadline', 5, hour],
    ['the common deadline', hour, 5],
  ])('that go on beyond %s fail, and are told to stop', async (_name, ownMs, overallMs) => {
    let wasAborted = false
    const endless = group(
      signal =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            wasAborted = true
          })
        }),
      ownMs,
    )
    const checks = await runGroups([endless, group(async () => [good])], overallMs)
    expect(checks).toEqual([
      {
        id: 'host.clocksource',
        status: 'fail',
        message: 'has not finished within 5ms',
        fix: expect.stringContaining('--timeout'),
      },
      good,
    ])
    expect(wasAborted).toBe(true)
  })

  it('that break say so, and leave the others alone', async () => {
    const broken = group(async () => {
      throw new TypeError('no such thing')
    })
    const [check, other] = await runGroups([broken, group(async () => [good])], hour)
    expect(check).toMatchObject({ status: 'fail', message: 'cannot be checked: no such thing' })
    expect(other).toBe(good)
  })

  it('that were asked for what cannot be are wrong use', async () => {
    const wrong = group(async () => {
      throw new UsageError('no such folder')
    })
    await expect(runGroups([wrong], hour)).rejects.toThrow(UsageError)
  })
})

describe('a report', () => {
  it.each([
    [true, []],
    [true, ['pass', 'warn', 'skip']],
    [false, ['pass', 'fail']],
  ] as const)('is ok: %s, with %j', (ok, statuses) => {
    const checks = statuses.map(status => ({ ...good, status }))
    expect(reportOf(checks)).toEqual({ ok, checks })
  })
})
