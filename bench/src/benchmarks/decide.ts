import {
  type Clock,
  createClock,
  judgeTime,
  systemHostClock,
  type TimePolicy,
  type TimeSource,
} from 'skewproof'
import { type Benchmark, below, type Cell, figure } from '../benchmark.js'
import { type Contestant, compare, outcomeOf } from '../harness/rounds.js'

const policy: TimePolicy = { toleranceMs: 'auto', ambiguous: 'accept', maxAgeMs: undefined }

const method = `\`clock.now()\` of a clock that has measured and runs on; the pure decision, on a reading that is there. \`Date.now()\` is
what it costs to know less.`

export const decide: Benchmark = {
  name: 'decide',
  title: 'Read the clock, and decide',
  async run({ quick }) {
    const clock = await createClock({ sources: [systemSource()] })
    try {
      const outcomes = await compare([dateNow, reading(clock), decision(clock)], {
        rounds: quick ? 1 : 15,
        roundMs: quick ? 5 : 60,
        maxBatch: 200_000,
      })
      const nanoseconds = (name: string) => 1e9 / outcomeOf(outcomes, name).rate.median
      const rows = outcomes.map(({ name, rate }): Cell[] => [
        name,
        figure('per second', rate),
        figure('ns', 1e9 / rate.median),
      ])
      return {
        method,
        tables: [{ head: ['', 'per second', 'each'], rows }],
        aims: [below('`clock.now()`', 100, figure('ns', nanoseconds('clock.now()')))],
      }
    } finally {
      clock.close()
    }
  },
}

/** The host's own clock, as if it had been measured. */
function systemSource(): TimeSource {
  return {
    name: 'bench',
    authenticated: true,
    minPollMs: 0,
    async measure() {
      const monotonicMs = systemHostClock.monotonicMs()
      return { monotonicMs, timeMs: systemHostClock.wallMs(), errorMs: 1 }
    },
  }
}

/** What was computed goes somewhere, so that it is computed. */
const sink = { sum: 0 }

const many = (count: number): readonly number[] => new Array<number>(count).fill(0)

const dateNow: Contestant<number> = {
  name: 'Date.now()',
  prepare: many,
  run(items) {
    for (let left = items.length; left > 0; left -= 1) sink.sum += Date.now()
  },
}

function reading(clock: Clock): Contestant<number> {
  return {
    name: 'clock.now()',
    prepare: many,
    run(items) {
      for (let left = items.length; left > 0; left -= 1) sink.sum += clock.now().timeMs
    },
  }
}

function decision(clock: Clock): Contestant<number> {
  const now = clock.now()
  const iat = Math.floor(now.timeMs / 1000)
  const claims = { iat, nbf: undefined, exp: iat + 3600, iatErrSeconds: 0.002 }
  return {
    name: 'the decision',
    prepare: many,
    run(items) {
      for (let left = items.length; left > 0; left -= 1) {
        if (judgeTime(claims, now, policy).verdict === 'valid') sink.sum += 1
      }
    },
  }
}
