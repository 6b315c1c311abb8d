import { describe, expect, it, onTestFinished } from 'vitest'
import { BoundedClock, type BoundedClockOptions } from './bounded.ts'
import { createClock } from './create-clock.ts'
import { ManualHostClock } from './manual.ts'
import { monotoneClock } from './monotone.ts'
import type { Schedule } from './schedule.ts'
import { SourceError, type TimeSample, type TimeSource } from './source.ts'

const startMs = 1_800_000_000_000

interface FakeSource extends TimeSource {
  /** What it answers: how far it is off, or how it fails. */
  answer: number | SourceError
  asked: number
}

function source(
  name: string,
  host: ManualHostClock,
  answer: FakeSource['answer'] = 0,
  extra: Partial<TimeSource> = {},
): FakeSource {
  return {
    name,
    authenticated: false,
    minPollMs: 0,
    ...extra,
    answer,
    asked: 0,
    async measure(): Promise<TimeSample> {
      this.asked += 1
      if (this.answer instanceof SourceError) throw this.answer
      const monotonicMs = host.monotonicMs()
      return { monotonicMs, timeMs: startMs + host.uptimeMs() + this.answer, errorMs: 5 }
    },
  }
}

const never: Schedule = () => () => {}

function clockWith(
  host: ManualHostClock,
  sources: readonly TimeSource[],
  options: BoundedClockOptions = {},
): BoundedClock {
  const clock = new BoundedClock({ host, sources, schedule: never, ...options })
  onTestFinished(() => clock.close())
  return clock
}

const fine = source('a', new ManualHostClock())

describe('a bounded clock', () => {
  it('knows the time from its sources, whatever the wall clock says', async () => {
    const host = new ManualHostClock(startMs + 180_000)
    const clock = clockWith(host, [source('a', host), source('b', host, 3), source('c', host, -3)])
    expect(clock.status).toBe('unsynchronized')
    await clock.measure()
    const { timeMs, errorMs, status } = clock.now()
    expect(status).toBe('synchronized')
    expect(Math.abs(timeMs - startMs)).toBeLessThanOrEqual(errorMs)
    expect(Math.abs((clock.wallOffsetMs ?? 0) - 180_000)).toBeLessThanOrEqual(errorMs)
    expect(clock.sources.map(one => one.status)).toEqual(['selected', 'selected', 'selected'])
  })

  it('names a falseticker, once, and says how far it is off', async () => {
    const host = new ManualHostClock(startMs)
    const sources = [source('a', host), source('liar', host, 180_000), source('b', host), source('c', host)]
    const clock = clockWith(host, sources)
    const named: string[] = []
    clock.on('falseticker', ({ name }) => named.push(name))
    await clock.measure()
    await clock.measure()
    expect(named).toEqual(['liar'])
    expect(clock.now().timeMs).toBe(startMs)
    expect(clock.sources[1]).toMatchObject({ status: 'falseticker', offsetMs: 180_000 })
  })

  it('does not leave the vote to a liar when the first query of others is lost', async () => {
    const host = new ManualHostClock(startMs)
    const lost = new SourceError('timeout', 'lost')
    const vague: TimeSource = {
      ...source('vague', host),
      measure: async () => ({ monotonicMs: host.monotonicMs(), timeMs: startMs - 150, errorMs: 250 }),
    }
    const others = [source('a', host, lost), source('b', host, lost)]
    const clock = clockWith(host, [...others, vague, source('liar', host, -30)])
    await clock.measure()
    expect(clock.status).toBe('unsynchronized')
    for (const other of others) other.answer = 0
    await clock.measure()
    const { timeMs, errorMs, status } = clock.now()
    expect(status).toBe('synchronized')
    expect(Math.abs(timeMs - startMs)).toBeLessThanOrEqual(errorMs)
  })

  it('says that two against two cannot be decided', async () => {
    const host = new ManualHostClock(startMs)
    const clock = clockWith(host, [
      source('a', host),
      source('b', host),
      source('x', host, 9e4),
      source('y', host, 9e4),
    ])
    await clock.measure()
    expect(clock.status).toBe('unsynchronized')
    expect(clock.sources.map(one => one.status)).toEqual(Array(4).fill('undecidable'))
  })

  it('holds over without its sources, then knows nothing, then is there again', async () => {
    const host = new ManualHostClock(startMs)
    const only = source('a', host)
    const clock = clockWith(host, [only])
    const events: string[] = []
    clock.on('synchronized', () => events.push('synchronized'))
    clock.on('lost', ({ status }) => events.push(status))
    await clock.measure()
    only.answer = new SourceError('unreachable', 'gone')
    host.advance(181_000)
    await clock.measure()
    expect(clock.now()).toMatchObject({ status: 'holdover', errorMs: expect.closeTo(41.2) })
    host.advance(5_000_000)
    await clock.measure()
    expect(clock.now()).toEqual({ timeMs: host.wallMs(), errorMs: Infinity, status: 'unsynchronized' })
    expect(clock.sources[0]).toMatchObject({ lastError: 'gone', errors: { unreachable: 2 } })
    only.answer = 0
    await clock.measure()
    expect(events).toEqual(['synchronized', 'unsynchronized', 'synchronized'])
  })

  it.each([
    ['one source may not move it by an hour', 1, false, 'unsynchronized'],
    ['two may not', 2, false, 'unsynchronized'],
    ['three may', 3, false, 'synchronized'],
    ['an authenticated one may', 1, true, 'synchronized'],
  ])('%s', async (_name, count, authenticated, status) => {
    const host = new ManualHostClock(startMs - 3_600_000)
    const sources = Array.from({ length: count }, (_, id) => source(`s${id}`, host, 0, { authenticated }))
    const clock = clockWith(host, sources)
    await clock.measure()
    expect(clock.status).toBe(status)
    const standing = status === 'synchronized' ? 'selected' : 'refused'
    expect(clock.sources.map(one => one.status)).toEqual(Array(count).fill(standing))
  })

  it('measures again at once after a step, and is disrupted until then', async () => {
    const host = new ManualHostClock(startMs)
    const only = source('a', host)
    const clock = clockWith(host, [only])
    await clock.measure()
    const asked = only.asked
    host.step(300_000)
    expect(clock.now()).toMatchObject({ timeMs: startMs, status: 'disrupted' })
    expect(only.asked).toBe(asked + 1)
    await clock.measure()
    expect(clock.now()).toMatchObject({ timeMs: startMs, errorMs: 5, status: 'synchronized' })
    expect(clock.wallOffsetMs).toBe(300_000)
  })

  it('does not use an answer during which the machine slept', async () => {
    const host = new ManualHostClock(startMs)
    const sleepy: TimeSource = {
      ...source('a', host),
      async measure() {
        const monotonicMs = host.monotonicMs()
        host.suspend(3_600_000)
        return { monotonicMs, timeMs: startMs, errorMs: 5 }
      },
    }
    const clock = clockWith(host, [sleepy])
    await clock.measure()
    expect(clock.status).toBe('unsynchronized')
  })

  it('does not use an answer that a step overtook, and asks again', async () => {
    const host = new ManualHostClock(startMs)
    const soon: (() => void)[] = []
    const schedule: Schedule = (delayMs, action) => {
      if (delayMs === 0) soon.push(action)
      return () => {}
    }
    const answers: (() => void)[] = []
    const slow: TimeSource = {
      ...source('a', host),
      measure: () =>
        new Promise(resolve => {
          answers.push(() => resolve({ monotonicMs: host.monotonicMs(), timeMs: host.wallMs(), errorMs: 5 }))
        }),
    }
    const clock = clockWith(host, [slow], { schedule })
    const first = clock.measure()
    host.step(300_000)
    expect(clock.now().status).toBe('unsynchronized')
    answers.shift()?.()
    await first
    expect(clock.status).toBe('unsynchronized')
    expect(clock.sources[0]).toMatchObject({ status: 'pending', errors: {} })
    soon.shift()?.()
    answers.shift()?.()
    await clock.measure()
    expect(clock.now()).toEqual({ timeMs: startMs + 300_000, errorMs: 5, status: 'synchronized' })
  })

  it('does not wait for a source that ignores its deadline', async () => {
    const host = new ManualHostClock(startMs)
    const deaf: TimeSource = { ...source('deaf', host), measure: () => new Promise(() => {}) }
    const clock = clockWith(host, [deaf], {
      schedule: (delayMs, action) => {
        if (delayMs === 3000) queueMicrotask(action)
        return () => {}
      },
    })
    await clock.measure()
    expect(clock.sources[0]).toMatchObject({ status: 'unreachable', errors: { timeout: 1 } })
  })

  it('counts the replies that a source ignored, and names the last one when no better came', async () => {
    const host = new ManualHostClock(startMs)
    const forged: TimeSource = {
      ...source('forged', host),
      measure: ({ onIgnored }) => {
        onIgnored?.(new SourceError('malformed', 'too short'))
        onIgnored?.(new SourceError('mismatched', 'not ours'))
        return new Promise(() => {})
      },
    }
    const clock = clockWith(host, [forged], {
      schedule: (delayMs, action) => {
        if (delayMs === 3000) queueMicrotask(action)
        return () => {}
      },
    })
    await clock.measure()
    expect(clock.sources[0]).toMatchObject({
      status: 'unreachable',
      errors: { malformed: 1, mismatched: 1, timeout: 1 },
      lastError: 'it did not answer in time; a reply was ignored: not ours',
    })
  })

  it('asks no source sooner than it allows, whatever happens to the clocks', async () => {
    const host = new ManualHostClock(startMs)
    const polite = source('polite', host, 0, { minPollMs: 16_000 })
    const kissed = source('kissed', host, new SourceError('kiss-of-death', 'RATE', { retryAfterMs: 60_000 }))
    const clock = clockWith(host, [polite, kissed])
    await clock.measure()
    host.step(300_000)
    clock.now()
    await clock.measure()
    expect([polite.asked, kissed.asked]).toEqual([1, 1])
    host.advance(16_000)
    await clock.measure()
    expect([polite.asked, kissed.asked]).toEqual([2, 1])
    // The source does not know that this machine slept.
    host.suspend(44_000)
    await clock.measure()
    expect([polite.asked, kissed.asked]).toEqual([3, 2])
  })

  it('measures a correction against what it knew last, not against the wall clock', async () => {
    const host = new ManualHostClock(startMs)
    const only = source('a', host)
    const clock = clockWith(host, [only])
    await clock.measure()
    host.step(2_000_000)
    clock.now()
    await clock.measure()
    only.answer = new SourceError('unreachable', 'gone')
    host.advance(7_200_000)
    await clock.measure()
    expect(clock.status).toBe('unsynchronized')
    only.answer = 0
    await clock.measure()
    expect(clock.now()).toMatchObject({ timeMs: startMs + 7_200_000, status: 'synchronized' })
    expect(clock.wallOffsetMs).toBe(2_000_000)
  })

  it('gives up on a source that does not answer in time', async () => {
    const host = new ManualHostClock(startMs)
    const silent: TimeSource = {
      ...source('silent', host),
      measure: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    }
    const clock = await createClock({ sources: [silent], timeout: '10ms', host })
    onTestFinished(() => clock.close())
    expect(clock.sources[0]).toMatchObject({ status: 'unreachable', errors: { timeout: 1 } })
  })

  it('without sources is there at once, and unsynchronized', async () => {
    const clock = await createClock()
    onTestFinished(() => clock.close())
    expect(clock.status).toBe('unsynchronized')
  })

  it.each([
    [{ driftPpm: -1 }, 'driftPpm'],
    [{ driftPpm: Number.NaN }, 'driftPpm'],
    [{ maxError: 0 }, 'maxError'],
    [{ timeout: 'soon' }, 'timeout'],
    [{ timeout: '60d' }, 'timeout'],
    [{ sources: [fine, fine] }, 'sources'],
    [{ sources: [{ ...fine, votes: -1 }] }, 'sources'],
    [{ sources: [{ ...fine, minPollMs: Number.NaN }] }, 'sources'],
  ])('refuses %j', async (options, option) => {
    await expect(createClock(options)).rejects.toMatchObject({ code: 'ERR_OPTION', option })
  })
})

describe('a monotone clock', () => {
  it('stands still where the one below goes back, and its bound says so', async () => {
    const host = new ManualHostClock(startMs)
    const only = source('a', host, 100)
    const clock = clockWith(host, [only])
    const monotone = monotoneClock(clock)
    await clock.measure()
    const before = monotone.now()
    only.answer = 0
    host.advance(1)
    await clock.measure()
    const { timeMs, errorMs } = monotone.now()
    expect(timeMs).toBe(before.timeMs)
    expect(errorMs).toBe(5 + 99)
    host.advance(1000)
    expect(monotone.now().timeMs).toBe(clock.now().timeMs)
  })
})
