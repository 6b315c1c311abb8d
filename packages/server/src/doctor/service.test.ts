import { describe, expect, it } from 'vitest'
import type { CheckId, CheckStatus } from './check.ts'
import { judgeService, type ReachedService } from './service.ts'

const good: ReachedService = {
  url: 'http://127.0.0.1:8787',
  serverTime: '2027-01-15T08:00:00.000Z',
  health: { httpStatus: 200, status: 'ok', clock: 'synchronized' },
  offset: { offsetMs: 1, errorMs: 1 },
  token: { httpStatus: 200, expiresIn: 3600 },
}

describe('the service', () => {
  it('that does all right passes', () => {
    expect(judgeService(good).map(({ status }) => status)).toEqual(Array(6).fill('pass'))
  })

  it('that does not answer is one failure', () => {
    const [check, ...others] = judgeService({ url: good.url, failure: 'connect ECONNREFUSED' })
    expect(check).toMatchObject({ id: 'service.reachable', status: 'fail' })
    expect(others).toEqual([])
  })

  it.each<[CheckId, CheckStatus, Partial<ReachedService>]>([
    ['service.health', 'fail', { health: { ...good.health, httpStatus: 404 } }],
    ['service.health', 'fail', { health: { ...good.health, httpStatus: 503, status: 'down' } }],
    ['service.health', 'fail', { health: { ...good.health, status: 'degraded' } }],
    ['service.health', 'fail', { health: { ...good.health, status: undefined } }],
    ['service.server-time', 'fail', { serverTime: undefined }],
    ['service.server-time', 'fail', { serverTime: 'Fri, 15 Jan 2027 08:00:00 GMT' }],
    ['service.server-time', 'fail', { serverTime: '2027-13-15T08:00:00.000Z' }],
    ['service.server-time', 'fail', { serverTime: '2027-01-15T08:00:00.250+01:00' }],
    ['service.server-time', 'fail', { serverTime: '1800000000' }],
    ['service.clock', 'warn', { health: { ...good.health, clock: 'holdover' } }],
    ['service.clock', 'warn', { health: { ...good.health, clock: 'disrupted' } }],
    ['service.clock', 'warn', { health: { ...good.health, clock: 'unsynchronized' } }],
    ['service.clock', 'warn', { health: { ...good.health, clock: 'toString' } }],
    ['service.clock', 'skip', { health: { ...good.health, clock: undefined } }],
    ['service.offset', 'warn', { offset: { offsetMs: -200, errorMs: 1 } }],
    ['service.offset', 'fail', { offset: { offsetMs: 2500, errorMs: 1 } }],
    ['service.offset', 'skip', { offset: 'it tells no time' }],
    ['service.expires-in', 'skip', { token: undefined }],
    ['service.expires-in', 'fail', { token: { httpStatus: undefined, expiresIn: undefined } }],
    ['service.expires-in', 'fail', { token: { httpStatus: 401, expiresIn: undefined } }],
    ['service.expires-in', 'fail', { token: { httpStatus: 500, expiresIn: undefined } }],
    ['service.expires-in', 'fail', { token: { httpStatus: 200, expiresIn: undefined } }],
    ['service.expires-in', 'fail', { token: { httpStatus: 200, expiresIn: '3600' } }],
    ['service.expires-in', 'fail', { token: { httpStatus: 200, expiresIn: 0 } }],
  ])('%s: %s with %j', (id, status, overrides) => {
    const checks = judgeService({ ...good, ...overrides })
    const check = checks.find(one => one.id === id)
    expect(check).toMatchObject({ id, status })
    if (status === 'warn' || status === 'fail') expect(check?.fix).toBeTruthy()
    expect(checks.filter(one => one.id !== id).map(one => one.status)).toEqual(Array(5).fill('pass'))
  })
})
