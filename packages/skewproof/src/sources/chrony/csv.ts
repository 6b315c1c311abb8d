import { SourceError } from '../../clock/source.ts'
import {
  type ChronyActivity,
  type ChronyLeap,
  type ChronyReport,
  type ChronySource,
  type ChronySourceState,
  type ChronyStatistics,
  type ChronyTracking,
  maxSources,
} from './report.ts'

/** What chronyc printed. */
export interface Printed {
  readonly report: ChronyReport
  /** It was asked for its tracking several times, and corrected its estimate meanwhile. */
  readonly isInterrupted: boolean
}

/**
 * What `chronyc -n -c -m` prints of `tracking`, `sources`, `sourcestats` and `activity`, in any order.
 *
 * @throws SourceError when it is something else
 */
export function parseCsv(text: string): Printed {
  const lines = text.split('\n').map(line => new Line(line))
  const of = <T>(fields: number, parse: (line: Line) => T): T[] =>
    lines.filter(({ length }) => length === fields).map(parse)
  const trackings = of(14, parseTracking)
  const tracking = trackings.at(-1)
  if (tracking === undefined) throw malformed('holds no tracking')
  const statistics = new Map(of(8, parseStatistics))
  const sources = of(10, parseSource).slice(0, maxSources)
  return {
    report: {
      tracking,
      sources: sources.map(source => ({ ...source, statistics: statistics.get(source.address ?? '') })),
      activity: of(5, parseActivity)[0],
    },
    isInterrupted: trackings.some(({ referenceTimeMs }) => referenceTimeMs !== tracking.referenceTimeMs),
  }
}

/** The fields of one line. */
class Line {
  readonly #fields: readonly string[]

  constructor(line: string) {
    this.#fields = line.split(',')
  }

  get length(): number {
    return this.#fields.length
  }

  text(index: number): string {
    return this.#fields[index] ?? ''
  }

  number(index: number): number {
    const text = this.text(index)
    if (!/^-?\d{1,20}(\.\d{1,20})?$/.test(text)) throw malformed(`has '${text.slice(0, 20)}' for a number`)
    return Number(text)
  }

  /** From seconds. */
  ms(index: number): number {
    return this.number(index) * 1000
  }

  member<T>(index: number, meanings: Readonly<Record<string, T>>): T {
    const text = this.text(index)
    const meaning = new Map(Object.entries(meanings)).get(text)
    if (meaning === undefined) throw malformed(`has '${text.slice(0, 20)}', which means nothing`)
    return meaning
  }
}

const leaps: Readonly<Record<string, ChronyLeap>> = {
  Normal: 'none',
  'Insert second': 'insert',
  'Delete second': 'delete',
  'Not synchronised': 'unsynchronized',
}

function parseTracking(line: Line): ChronyTracking {
  const referenceId = line.text(0)
  if (!/^[0-9A-F]{8}$/.test(referenceId)) throw malformed('has no reference id')
  const address = line.text(1)
  return {
    referenceId,
    address: /[.:]/.test(address) ? address : undefined,
    stratum: line.number(2),
    referenceTimeMs: line.ms(3),
    correctionMs: line.ms(4),
    lastOffsetMs: line.ms(5),
    rmsOffsetMs: line.ms(6),
    frequencyPpm: line.number(7),
    residualFrequencyPpm: line.number(8),
    skewPpm: line.number(9),
    rootDelayMs: line.ms(10),
    rootDispersionMs: line.ms(11),
    updateIntervalMs: line.ms(12),
    leap: line.member(13, leaps),
  }
}

const modes: Readonly<Record<string, ChronySource['mode']>> = {
  '^': 'server',
  '=': 'peer',
  '#': 'reference-clock',
}
const states: Readonly<Record<string, ChronySourceState>> = {
  '*': 'selected',
  '+': 'combined',
  '-': 'selectable',
  x: 'falseticker',
  '~': 'too-variable',
  '?': 'unusable',
}
const never = 0xffffffff

function parseSource(line: Line): ChronySource {
  const sinceSample = line.number(6)
  return {
    mode: line.member(0, modes),
    state: line.member(1, states),
    address: line.text(2),
    stratum: line.number(3),
    pollSeconds: 2 ** line.number(4),
    reachability: Number.parseInt(line.text(5), 8),
    lastSampleSeconds: sinceSample === never ? undefined : sinceSample,
    offsetMs: line.ms(7),
    measuredOffsetMs: line.ms(8),
    errorMs: line.ms(9),
    statistics: undefined,
  }
}

function parseStatistics(line: Line): [address: string, ChronyStatistics] {
  return [
    line.text(0),
    {
      samples: line.number(1),
      spanSeconds: line.number(3),
      residualFrequencyPpm: line.number(4),
      skewPpm: line.number(5),
      offsetMs: line.ms(6),
      deviationMs: line.ms(7),
    },
  ]
}

function parseActivity(line: Line): ChronyActivity {
  return {
    online: line.number(0),
    offline: line.number(1),
    burstOnline: line.number(2),
    burstOffline: line.number(3),
    unresolved: line.number(4),
  }
}

function malformed(what: string): SourceError {
  return new SourceError('malformed', `what chronyc prints ${what}`)
}
