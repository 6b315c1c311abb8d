import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startChronyd } from '../../../test/support/chronyd.ts'
import { eventually, temporaryDirectory } from '../../../test/support/processes.ts'
import { startTimesyncd, type Timesyncd } from '../../../test/support/timesyncd.ts'
import { type HostClock, SourceError, systemHostClock } from '../src/clock/index.ts'
import { timesyncd } from '../src/sources/index.ts'
import { mistakeOf, readingErrorMs } from './true-time.ts'

const signal = AbortSignal.timeout(600_000)

/** This machine, as it would be if its wall clock were off by so much and so much time had passed. Its own clock is true time. */
function elsewhere(offsetMs: number, passedMs = 0): HostClock {
  return {
    ...systemHostClock,
    wallMs: () => Math.floor(systemHostClock.wallMs() + offsetMs + passedMs),
    monotonicMs: () => systemHostClock.monotonicMs() + passedMs,
  }
}

/** A timesyncd whose clock is off by so much, and which asks a server that is right. */
async function startFollower(offsetMs: number): Promise<Timesyncd> {
  const { port } = await startChronyd({ localStratum: 1 })
  return startTimesyncd({ offsetMs, server: port })
}

it('clocks that are off by minutes or by milliseconds are measured within the bound', async () => {
  const measured = [2500, -150_000, 50, -3].map(async offsetMs => {
    const source = timesyncd(await startFollower(offsetMs))
    const sample = await eventually(() => source.measure({ host: elsewhere(offsetMs), signal }))
    expect(Math.abs(mistakeOf(sample))).toBeLessThan(sample.errorMs + readingErrorMs)
    // timesyncd cannot set it here, but nobody can know that: half of the bound, and more, is for its being right by now.
    const distanceMs = sample.errorMs - Math.abs(offsetMs) / 2
    expect(Math.abs(mistakeOf(sample) - offsetMs / 2)).toBeLessThan(2 * distanceMs + readingErrorMs)
  })
  await Promise.all(measured)
})

describe('timesyncd is not believed', () => {
  it('without an answer, and while its server is not synchronised', async () => {
    const { port } = await startChronyd()
    const daemon = await startTimesyncd({ server: port })
    const source = timesyncd(daemon)
    for (let reading = 0; reading < 5; reading += 1) {
      await expect(source.measure({ host: systemHostClock, signal })).rejects.toMatchObject({
        reason: 'unsynchronized',
        message: expect.stringContaining('no server has answered'),
      })
    }
  })

  it('when its last answer is old, or of another wall clock than this process has', async () => {
    const daemon = await startFollower(0)
    const measure = (host: HostClock) => timesyncd(daemon).measure({ host, signal })
    await eventually(() => measure(systemHostClock))
    await expect(measure(elsewhere(0, 299_000 - 60_000))).resolves.toBeDefined()
    await expect(measure(elsewhere(0, 400_000))).rejects.toMatchObject({ reason: 'unsynchronized' })
    await expect(measure(elsewhere(-150_000))).rejects.toMatchObject({
      reason: 'absurd',
      message: expect.stringContaining("this process's wall clock"),
    })
  })

  it('after somebody has set the wall clock', async () => {
    const daemon = await startFollower(0)
    const source = timesyncd(daemon)
    await eventually(() => source.measure({ host: systemHostClock, signal }))
    await expect(source.measure({ host: elsewhere(3000), signal })).rejects.toMatchObject({
      reason: 'unsynchronized',
      message: expect.stringContaining('was set'),
    })
  })
})

describe('what is not timesyncd', () => {
  const standIn = (...lines: readonly string[]): string => {
    const path = join(temporaryDirectory(), 'busctl')
    writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 })
    return path
  }

  it('is not there, prints something else, or fails', async () => {
    const measure = (busctl: string) => timesyncd({ busctl }).measure({ host: systemHostClock, signal })
    await expect(measure('/nowhere/busctl')).rejects.toMatchObject({ reason: 'unreachable' })
    await expect(measure(standIn('echo hello'))).rejects.toMatchObject({ reason: 'malformed' })
    await expect(measure(standIn('echo "Failed to connect to bus" >&2', 'exit 1'))).rejects.toMatchObject({
      reason: 'unreachable',
      message: expect.stringContaining('Failed to connect to bus'),
    })
    expect(() => timesyncd({ busctl: 'busctl.sh' })).toThrow('is not an absolute path')
  })

  it('is waited for until the deadline at most', async () => {
    const late = new SourceError('timeout', 'late')
    const deadline = new AbortController()
    const busctl = standIn("trap '' TERM", 'while :; do :; done')
    const measured = timesyncd({ busctl }).measure({ host: systemHostClock, signal: deadline.signal })
    setImmediate(() => deadline.abort(late))
    await expect(measured).rejects.toBe(late)
  })
})
