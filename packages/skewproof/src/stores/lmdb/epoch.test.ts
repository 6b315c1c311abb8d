import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { ManualHostClock } from '../../clock/manual.ts'
import { sampleToken } from '../../testing/token-store/samples.ts'
import { type BootReading, continueEpoch, type Epoch } from './epoch.ts'
import { lmdbStore } from './lmdb-store.ts'

// Waits for the disk, which others may be using.
vi.setConfig({ testTimeout: 60_000 })

const ms = fc.nat({ max: 1e12 })
const boot = fc.constantFrom('a', 'b', undefined)
const readings: fc.Arbitrary<BootReading> = fc.record({ bootId: boot, uptimeMs: ms, wallMs: ms })
const epochs: fc.Arbitrary<Epoch | undefined> = fc.option(
  fc.record({ bootId: boot, offsetMs: fc.integer({ min: -1e12, max: 1e12 }) }),
  { nil: undefined },
)

describe("the store's clock", () => {
  it('never goes back, whatever boots and wall clocks do', () => {
    fc.assert(
      fc.property(epochs, ms, readings, (epoch, lastMs, now) => {
        const next = continueEpoch(epoch, lastMs, now)
        expect(now.uptimeMs + next.offsetMs).toBeGreaterThanOrEqual(lastMs)
      }),
    )
  })

  it('does not look at the wall clock while the machine runs', () => {
    fc.assert(
      fc.property(readings, ms, ms, fc.integer(), (begin, lastMs, laterMs, stepMs) => {
        const first = continueEpoch(undefined, lastMs, begin)
        const later = { ...begin, uptimeMs: begin.uptimeMs + laterMs, wallMs: begin.wallMs + stepMs }
        expect(continueEpoch(first, lastMs, later)).toEqual(first)
      }),
    )
  })

  it('goes on from the wall clock after a reboot, unless that is behind', () => {
    const epoch = { bootId: 'a', offsetMs: 1000 }
    const reboot = { bootId: 'b', uptimeMs: 50 }
    expect(continueEpoch(epoch, 5000, { ...reboot, wallMs: 9000 }).offsetMs).toBe(8950)
    expect(continueEpoch(epoch, 5000, { ...reboot, wallMs: 2000 }).offsetMs).toBe(4950)
  })

  it('takes an uptime that went back for a reboot', () => {
    const epoch = { bootId: undefined, offsetMs: 1000 }
    const now = { bootId: undefined, uptimeMs: 10, wallMs: 9000 }
    expect(continueEpoch(epoch, 5000, now)).toEqual({ bootId: undefined, offsetMs: 8990 })
  })
})

describe('the LMDB store on a machine', () => {
  async function remainingAfter(change: (host: ManualHostClock) => void): Promise<number | undefined> {
    const path = await mkdtemp(join(tmpdir(), 'skewproof-'))
    const host = new ManualHostClock(1_700_000_000_000)
    host.advance(60_000)
    const token = sampleToken({ lifetimeMs: 100_000, toleranceMs: 0 })
    const before = lmdbStore({ path, host })
    await before.addToken(token)
    host.advance(10_000)
    await before.addToken(sampleToken())
    await before.close()
    change(host)
    const after = lmdbStore({ path, host })
    const found = await after.findToken(token.jti)
    await after.close()
    await rm(path, { recursive: true })
    return found?.remainingMs
  }

  it('counts the time that passes while nobody has it open', async () => {
    expect(await remainingAfter(host => host.advance(20_000))).toBe(70_000)
  })

  it('counts the time that the machine sleeps', async () => {
    expect(await remainingAfter(host => host.suspend(20_000))).toBe(70_000)
  })

  it('does not care that somebody sets the wall clock', async () => {
    expect(await remainingAfter(host => host.step(-3_600_000))).toBe(90_000)
    expect(await remainingAfter(host => host.step(3_600_000))).toBe(90_000)
  })

  it('counts the time that the machine is off, by its wall clock', async () => {
    expect(await remainingAfter(host => host.reboot(20_000))).toBe(70_000)
  })

  it('lets tokens live longer when the wall clock is behind after a reboot', async () => {
    const behind = (host: ManualHostClock): void => {
      host.reboot(20_000)
      host.step(-3_600_000)
    }
    expect(await remainingAfter(behind)).toBe(90_000)
  })

  it('lets tokens die early when the wall clock is ahead after a reboot', async () => {
    const ahead = (host: ManualHostClock): void => {
      host.reboot(20_000)
      host.step(3_600_000)
    }
    expect(await remainingAfter(ahead)).toBeUndefined()
  })
})
