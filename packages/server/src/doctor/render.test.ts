import { expect, it } from 'vitest'
import { fail, pass, reportOf, skip, warn } from './check.ts'
import { renderReport } from './render.ts'

const report = reportOf([
  pass('host.container', 'not in a container'),
  warn('daemon.single', 'two run', 'Keep one.'),
  fail('daemon.running', 'none runs', 'Start it.'),
  skip('cloud.source', 'not here'),
])

it('is a line for each check, with the fix below', () => {
  expect(renderReport(report, false).split('\n')).toEqual([
    '✓ host.container  not in a container',
    '! daemon.single   two run',
    '                  Keep one.',
    '✗ daemon.running  none runs',
    '                  Start it.',
    '- cloud.source    not here',
    '',
    '1 passed, 1 warned, 1 failed, 1 skipped',
  ])
})

it('colours the marks, and nothing else', () => {
  const [line] = renderReport(report, true).split('\n')
  expect(line).toBe('\u001b[32m✓\u001b[39m host.container  not in a container')
})

it('prints nothing that a terminal would obey', () => {
  const hostile = reportOf([warn('cloud.source', 'a\u001b[2J', 'b\u009b2J')])
  const [line, fix] = renderReport(hostile, false).split('\n')
  expect([line, fix?.trim()]).toEqual(['! cloud.source  a?[2J', 'b?2J'])
})
