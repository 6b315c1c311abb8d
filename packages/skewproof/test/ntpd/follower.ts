import { expect } from 'vitest'
import { startChronyd } from '../../../../test/support/chronyd.ts'
import { type Ntpd, startNtpd } from '../../../../test/support/ntpd.ts'
import { eventually } from '../../../../test/support/processes.ts'
import { type HostClock, systemHostClock, type TimeSample, type TimeSource } from '../../src/clock/index.ts'
import { ntpd } from '../../src/sources/index.ts'
import { mistakeOf, readingErrorMs } from '../true-time.ts'

const forAll = AbortSignal.timeout(600_000)

/** For what takes ntpd several polls. */
export const patienceMs: number = 120_000

/** This machine, in a process that does not know its wall clock. */
export const host: HostClock = {
  ...systemHostClock,
  wallMs: () => {
    throw new Error('the wall clock was looked at')
  },
}
export const context: { readonly host: HostClock; readonly signal: AbortSignal } = { host, signal: forAll }

export function expectWithinBound(sample: TimeSample): void {
  expect(Math.abs(mistakeOf(sample))).toBeLessThan(sample.errorMs + readingErrorMs)
}

/** An ntpd whose clock is off by so much, and which follows a server that is right. */
export async function startFollower(
  offsetMs = 0,
): Promise<Ntpd & { readonly server: Awaited<ReturnType<typeof startChronyd>> }> {
  const server = await startChronyd({ localStratum: 1 })
  return { ...(await startNtpd({ offsetMs, servers: [{ port: server.port }] })), server }
}

export function sourceAt(port: number): TimeSource {
  return ntpd(`127.0.0.1:${port}`)
}

/** Waits until it is measured. */
export function measure({ port }: { port: number }): Promise<TimeSample> {
  return eventually(() => sourceAt(port).measure(context))
}
