import type { PolicyName } from 'skewproof/simulator'
import type uPlot from 'uplot'
import type { Seconds } from './effects.ts'
import { shownSeconds } from './run.ts'

/** How a policy is drawn: families differ in colour, and their members in how the line is broken. */
export interface Line {
  /** Of the style sheet. */
  readonly colour: string
  readonly dash: readonly number[]
  readonly width: number
}

export const lines: Readonly<Record<PolicyName, Line>> = {
  jsonwebtoken: { colour: 'outvoted', dash: [], width: 2 },
  'jsonwebtoken-30s': { colour: 'outvoted', dash: [9, 4], width: 2 },
  'jsonwebtoken-60s': { colour: 'outvoted', dash: [2, 3], width: 2 },
  jose: { colour: 'silent', dash: [], width: 2 },
  'jose-max-age': { colour: 'silent', dash: [9, 4], width: 2 },
  textbook: { colour: 'ink', dash: [8, 3, 2, 3], width: 1.5 },
  static: { colour: 'right', dash: [6, 4], width: 2 },
  auto: { colour: 'right', dash: [], width: 3.5 },
}

/** What is drawn: a share, over a while before each instant. */
export interface Curves {
  readonly refused: uPlot.AlignedData
  readonly late: uPlot.AlignedData
}

/** A single second has few requests. */
const smoothedSeconds = 30
/** As many points as there are pixels to tell them apart. */
const everySeconds = 2

export function curvesOf(seconds: Seconds, names: readonly PolicyName[], passedSeconds: number): Curves {
  // Points stay where they are while the plot moves on.
  const ends = seconds
    .map((_, index) => ({ index, atSeconds: passedSeconds - seconds.length + index + 1 }))
    .filter(
      ({ index, atSeconds }) => atSeconds % everySeconds === 0 && index >= seconds.length - shownSeconds,
    )
  const at = ends.map(({ atSeconds }) => atSeconds - passedSeconds)
  const curve = (name: PolicyName, part: Count, whole: Count) => {
    const parts = cumulated(seconds, name, part)
    const wholes = cumulated(seconds, name, whole)
    return ends.map(({ index }) => {
      const from = Math.max(0, index + 1 - smoothedSeconds)
      const among = (wholes[index + 1] ?? 0) - (wholes[from] ?? 0)
      return among === 0 ? 0 : ((parts[index + 1] ?? 0) - (parts[from] ?? 0)) / among
    })
  }
  return {
    refused: [at, ...names.map(name => curve(name, 'falseRejects', 'freshRequests'))],
    late: [at, ...names.map(name => curve(name, 'lateAccepts', 'expiredRequests'))],
  }
}

type Count = 'falseRejects' | 'freshRequests' | 'lateAccepts' | 'expiredRequests'

function cumulated(seconds: Seconds, name: PolicyName, count: Count): readonly number[] {
  const sums = [0]
  let sum = 0
  for (const second of seconds) {
    sum += second.find(result => result.name === name)?.[count] ?? 0
    sums.push(sum)
  }
  return sums
}
