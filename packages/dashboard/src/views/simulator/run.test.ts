import { beforeAll, describe, expect, it } from 'vitest'
import { curvesOf } from './curves.ts'
import type { Effect } from './effects.ts'
import { Run } from './run.ts'
import { allRight, type Settings, withServer } from './settings.ts'

const short: Settings = { ...allRight, lifetimeSeconds: 60 }
const run = new Run(short)

/** What a policy does in the last seconds. */
function effect(name: Effect['name']): Effect {
  const found = run.effects().find(one => one.name === name)
  if (found === undefined) throw new Error(`${name} is not simulated`)
  return found
}

describe('a run that is watched', () => {
  beforeAll(() => {
    while (run.prepared < 1) run.advance(20)
  })

  it('harms nobody while all clocks are right', () => {
    for (const { refusedShare } of run.effects()) expect(refusedShare).toBe(0)
    expect(effect('jsonwebtoken-60s').maxLateMs).toBeGreaterThan(50_000)
    expect(effect('jsonwebtoken').maxLateMs).toBe(0)
    expect([effect('jose').revokedShare, effect('auto').revokedShare]).toEqual([1, 0])
  })

  it('shows at once what a clock does that is set', () => {
    run.set(withServer(short, 'web-3', { offsetMs: 180_000 }))
    run.advance(10)
    expect(run.windowSeconds).toBe(10)
    expect(effect('jsonwebtoken').refusedShare).toBeGreaterThan(0.1)
    expect(effect('jsonwebtoken').refusedPerSecond).toBeGreaterThan(1)
    expect(effect('textbook').refusedShare).toBeGreaterThan(0.1)
    expect(effect('auto').refusedShare).toBe(0)
    for (const { offsetMs, errorMs } of run.clocks()) expect(Math.abs(offsetMs)).toBeLessThanOrEqual(errorMs)

    run.set(withServer(short, 'web-3', { offsetMs: -180_000, daemon: 'misled' }))
    run.advance(60)
    expect(effect('jsonwebtoken').maxLateMs).toBeGreaterThan(120_000)
    expect(effect('auto')).toMatchObject({ refusedShare: 0, revokedShare: 0 })
    expect(effect('auto').maxLateMs).toBeLessThan(1000)
  })

  it('is drawn from the first change on', () => {
    const { refused, late } = curvesOf(run.seconds, ['jsonwebtoken', 'auto'], run.passedSeconds)
    const [at, plain, auto] = refused
    expect([at.length, plain?.length, late[0].length]).toEqual(Array(3).fill(at.length))
    expect([at.at(-1), plain?.[0], Math.max(...((auto ?? []) as number[]))]).toEqual([0, 0, 0])
    expect(plain?.at(-1)).toBeGreaterThan(0.1)
  })

  it('goes on with other clocks, and not with other tokens', () => {
    expect(run.isFor(withServer(short, 'web-1', { daemon: 'dead' }))).toBe(true)
    expect(run.isFor(allRight)).toBe(false)
    expect(run.isFor({ ...short, issuerOffsetMs: 0 })).toBe(false)
  })
})
