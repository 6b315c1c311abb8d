import { describe, expect, it } from 'vitest'
import type { CheckStatus } from './check.ts'
import type { Tolerance } from './project/verification.ts'
import { judgeProject, type ProjectFacts } from './project.ts'

const place = { file: 'src/a.ts', line: 3, column: 7, frame: '> 3 | verify(t, k)' }
const call = {
  ...place,
  library: 'jsonwebtoken',
  method: 'verify',
  tolerance: { kind: 'seconds', seconds: 30 },
  ignoresExpiration: 'no',
} as const
const good: ProjectFacts = {
  filesRead: 12,
  unread: [],
  isPartial: false,
  verifications: [call],
  handMadeExpiries: [],
}

function statuses(facts: Partial<ProjectFacts>): Record<string, CheckStatus[]> {
  const checks = judgeProject({ ...good, ...facts })
  return Object.fromEntries(
    checks.map(({ id }) => [id, checks.filter(check => check.id === id).map(({ status }) => status)]),
  )
}

const allPass = {
  'project.files': ['pass'],
  'project.tolerance': ['pass'],
  'project.ignore-expiration': ['pass'],
  'project.exp': ['pass'],
}

describe('a project', () => {
  it('that is right passes', () => {
    expect(statuses({})).toEqual(allPass)
  })

  it('without tokens is not judged', () => {
    expect(statuses({ verifications: [] })).toEqual({
      ...allPass,
      'project.tolerance': ['skip'],
      'project.ignore-expiration': ['skip'],
    })
  })

  it.each<[CheckStatus, Tolerance]>([
    ['fail', { kind: 'absent' }],
    ['fail', { kind: 'seconds', seconds: 0 }],
    ['fail', { kind: 'seconds', seconds: -5 }],
    ['pass', { kind: 'seconds', seconds: 1 }],
    ['pass', { kind: 'seconds', seconds: 60 }],
    ['fail', { kind: 'seconds', seconds: 60.1 }],
    ['fail', { kind: 'concatenated', text: '30' }],
    ['pass', { kind: 'bounded' }],
    ['skip', { kind: 'computed' }],
    ['warn', { kind: 'hidden' }],
  ])('%s with a tolerance that is %j', (status, tolerance) => {
    const verifications = [{ ...call, tolerance }]
    expect(statuses({ verifications })).toEqual({ ...allPass, 'project.tolerance': [status] })
  })

  it.each([
    ['fail', 'yes'],
    ['warn', 'unknown'],
  ] as const)('%s when it ignores expiration: %s', (status, ignoresExpiration) => {
    const verifications = [{ ...call, ignoresExpiration }]
    expect(statuses({ verifications })).toEqual({ ...allPass, 'project.ignore-expiration': [status] })
  })

  it('is warned of each exp made by hand, where it is', () => {
    const checks = judgeProject({ ...good, handMadeExpiries: [place] })
    expect(checks.at(-1)).toEqual({
      id: 'project.exp',
      status: 'warn',
      message: expect.stringMatching(/^src\/a\.ts:3:7: exp is calculated/),
      fix: expect.stringContaining('expiresIn'),
      location: { file: 'src/a.ts', line: 3, column: 7 },
      frame: place.frame,
    })
  })

  it('that was not read whole is a warning', () => {
    const unread = [{ file: 'src/b.ts', problem: 'it does not parse' }]
    expect(statuses({ unread })).toEqual({ ...allPass, 'project.files': ['pass', 'warn'] })
    expect(statuses({ isPartial: true })).toEqual({ ...allPass, 'project.files': ['warn'] })
  })

  it('with many findings shows the worst, and counts the others', () => {
    const hidden = { ...call, tolerance: { kind: 'hidden' } } as const
    const absent = { ...call, tolerance: { kind: 'absent' } } as const
    const verifications = [...Array(60).fill(hidden), absent]
    const checks = judgeProject({ ...good, verifications }).filter(({ id }) => id === 'project.tolerance')
    expect(checks).toHaveLength(51)
    expect(checks[0]?.status).toBe('fail')
    expect(checks.at(-1)?.message).toBe('and 11 more')
  })
})
