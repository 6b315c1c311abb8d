import type { SourceErrorReason } from 'skewproof'
import type { ChronySourceState } from 'skewproof/sources'
import { describe, expect, it } from 'vitest'
import type { CheckId, CheckStatus } from './check.ts'
import { type DaemonState, judgeSynchronization, type SourceFacts } from './synchronization.ts'

const states = (...all: ChronySourceState[]) =>
  all.map((state, index) => ({ name: `192.0.2.${index}`, state }))
const four = states('selected', 'combined', 'selectable', 'combined')
const good: SourceFacts = {
  name: 'chrony',
  offset: { offsetMs: 1, errorMs: 2 },
  daemon: { leap: 'none', sources: four },
}

function statusOf(facts: Partial<SourceFacts>): Partial<Record<CheckId, CheckStatus>> {
  const checks = judgeSynchronization([{ ...good, ...facts }])
  for (const { status, fix } of checks) if (status === 'warn' || status === 'fail') expect(fix).toBeTruthy()
  return Object.fromEntries(checks.map(({ id, status }) => [id, status]))
}

const allPass = {
  'time.synchronized': 'pass',
  'time.offset': 'pass',
  'time.sources': 'pass',
  'time.leap': 'pass',
  'time.falsetickers': 'pass',
}

describe('a source of time', () => {
  it('that is right passes', () => {
    expect(statusOf({})).toEqual(allPass)
  })

  it.each([
    [100, 'warn'],
    [-2500, 'fail'],
  ] as const)('that finds the wall clock %d ms off: %s', (offsetMs, status) => {
    expect(statusOf({ offset: { offsetMs, errorMs: 2 } })).toEqual({ ...allPass, 'time.offset': status })
  })

  it.each<[SourceErrorReason, RegExp]>([
    ['unsynchronized', /is not synchronized: why/],
    ['unreachable', /does not answer: why/],
    ['timeout', /does not answer: why/],
    ['malformed', /cannot be believed: why/],
    ['absurd', /cannot be believed: why/],
  ])('that fails, being %s', (reason, message) => {
    const checks = judgeSynchronization([
      { name: 'ntpd', offset: { reason, message: 'why' }, daemon: undefined },
    ])
    expect(checks[0]).toMatchObject({ status: 'fail', message: expect.stringMatching(message) })
    expect(checks.slice(1).map(({ id, status }) => [id, status])).toEqual([
      ['time.sources', 'skip'],
      ['time.leap', 'skip'],
      ['time.falsetickers', 'skip'],
    ])
  })

  it.each<[CheckId, CheckStatus, Partial<DaemonState>]>([
    ['time.sources', 'fail', { sources: [] }],
    ['time.sources', 'fail', { sources: states('unusable', 'unusable') }],
    ['time.sources', 'warn', { sources: states('selected') }],
    ['time.sources', 'warn', { sources: states('selected', 'combined', 'combined', 'unusable') }],
    ['time.sources', 'skip', { sources: undefined }],
    ['time.leap', 'fail', { leap: 'unsynchronized' }],
    ['time.leap', 'warn', { leap: 'insert' }],
    ['time.leap', 'warn', { leap: 'delete' }],
    ['time.falsetickers', 'warn', { sources: states('selected', 'combined', 'combined', 'falseticker') }],
  ])('%s: %s with %j', (id, status, daemon) => {
    expect(statusOf({ daemon: { leap: 'none', sources: four, ...daemon } })).toEqual({
      ...allPass,
      [id]: status,
    })
  })

  it('is one of several, each of which is judged', () => {
    const other = { name: 'sntp:192.0.2.1', offset: { offsetMs: 700, errorMs: 2 }, daemon: undefined }
    const checks = judgeSynchronization([good, other])
    expect(checks.map(({ id, status }) => [id, status])).toEqual([
      ['time.synchronized', 'pass'],
      ['time.synchronized', 'pass'],
      ['time.offset', 'pass'],
      ['time.offset', 'fail'],
      ['time.sources', 'pass'],
      ['time.leap', 'pass'],
      ['time.falsetickers', 'pass'],
    ])
  })
})
