import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { isTest, type Module, parseModule, readModules } from '../support/module-graph.ts'
import { clockModules, realClockUses, realClockViolations } from './real-clocks.ts'

function modulesOf(name: string): Module[] {
  const folder = fileURLToPath(new URL(`../../packages/${name}/src`, import.meta.url))
  return readModules(folder).filter(module => !isTest(module.path))
}

describe('real clocks', () => {
  it.each(['skewproof', 'server', 'dashboard'])(
    'are read in %s by clock/system.ts and client/device.ts alone',
    name => {
      expect(realClockViolations(modulesOf(name))).toEqual([])
    },
  )

  it.each([
    ['clock/system.ts', [/Date/, /performance/, /process\.hrtime/, /uptime of os/]],
    ['client/device.ts', [/Date/, /performance/]],
  ])('are found by this check in %s', (path, patterns) => {
    expect(clockModules).toContain(path)
    const module = modulesOf('skewproof').find(candidate => candidate.path === path)
    const uses = realClockUses(path, module?.text ?? '').join('\n')
    for (const pattern of patterns) expect(uses).toMatch(pattern)
  })

  it('are left alone in the client but for one file', () => {
    const text = 'export const now = () => performance.now()'
    const at = (path: string) => realClockViolations([parseModule(path, text)])
    expect(at('client/device.ts')).toEqual([])
    expect(at('client/session.ts')).toEqual(['client/session.ts:1 performance'])
    expect(at('tokens/device.ts')).toEqual(['tokens/device.ts:1 performance'])
  })
})

describe('the check finds', () => {
  it.each([
    ['Date', 'Date.now()'],
    ['Date', 'new Date()'],
    ['Date', 'new Date'],
    ['Date', 'new Date(...parts)'],
    ['Date', 'Date()'],
    ['Date', "Date['now']()"],
    ['Date', 'Date[name]()'],
    ['Date', 'const clock = { now: Date.now }'],
    ['Date', 'const { now } = Date'],
    ['Date', 'run({ Date })'],
    ['Date', 'export { Date as Clock }'],
    ['Date', 'class Instant extends Date {}'],
    ['Date', '(Date as Clock).now()'],
    ['Date', 'globalThis.Date.now()'],
    ['Date', "globalThis['Date'].now()"],
    ['Date', 'globalThis.globalThis.Date.now()'],
    ['Date', 'window.Date.now()'],
    ['performance', 'performance.now()'],
    ['performance', 'const { now } = performance'],
    ['performance', 'self.performance.now()'],
    ['Temporal', 'Temporal.Now.instant()'],
    ['process.hrtime', 'process.hrtime.bigint()'],
    ['process.hrtime', "process['hrtime']()"],
    ['process.hrtime', "import host from 'node:process'; host.hrtime()"],
    ['process.hrtime', 'globalThis.process.hrtime()'],
    ['process.uptime', 'process.uptime()'],
    ['process.getBuiltinModule', "process.getBuiltinModule('perf_hooks')"],
    ['process taken apart', 'const { hrtime } = process'],
    ['process taken apart', 'process[name]()'],
    ['globalThis taken apart', 'const { Date: Clock } = globalThis'],
    ['globalThis taken apart', 'globalThis[name]'],
    ['globalThis taken apart', "Reflect.get(globalThis, 'Date')"],
    ['hrtime of process', "import { hrtime } from 'node:process'"],
    ['hrtime of process', "import { hrtime as ticks } from 'process'"],
    ['uptime of os', "import { uptime } from 'node:os'"],
    ['os.uptime', "import os from 'node:os'; os.uptime()"],
    ['os.uptime', "import * as host from 'os'; host.uptime()"],
    ['import of perf_hooks', "import { performance as ticks } from 'node:perf_hooks'"],
    ['import of perf_hooks', "await import('node:perf_hooks')"],
    ['import of os', "const { uptime } = await import('node:os')"],
  ])('%s in: %s', (use, text) => {
    expect(realClockUses('bad.ts', text)).toContain(`bad.ts:1 ${use}`)
  })

  it('the line', () => {
    expect(realClockUses('bad.ts', 'run()\n\nDate.now()\n')).toEqual(['bad.ts:3 Date'])
  })
})

describe('the check allows', () => {
  it.each([
    'new Date(timeMs).toISOString()',
    'Date.UTC(2026, 0, 1)',
    "Date.parse('2026-01-01T00:00:00Z')",
    'value instanceof Date',
    'export function at(date: Date, clock: typeof Date): Date { return date }',
    "export type { Date } from './date.ts'",
    "export { Date } from './date.ts'",
    'export type { Date }',
    'const window = { from: 0, to: 1 }; within(window)',
    'const headers = { Date: 1, performance: 2 }',
    'reading.performance + response.Date',
    'class Report { performance = 1; Date() {} }',
    "import { readFileSync } from 'node:fs'",
    "import os, { hostname } from 'node:os'; os.hostname()",
    "import process from 'node:process'; process.on('exit', end)",
    "process.env['HOME']",
    'globalThis.fetch(url)',
    'context.process.hrtime()',
  ])('%s', text => {
    expect(realClockUses('good.ts', text)).toEqual([])
  })
})
