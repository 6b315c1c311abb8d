import { SourceError } from '../../clock/source.ts'
import { formatReferenceId, readAddress, readFloat, readInstantMs, referenceClockName } from './fields.ts'
import type {
  ChronyActivity,
  ChronyLeap,
  ChronySource,
  ChronySourceState,
  ChronyStatistics,
  ChronyTracking,
} from './report.ts'

const leaps: readonly ChronyLeap[] = ['none', 'insert', 'delete', 'unsynchronized']

/** @throws SourceError when a field holds what chronyd never sends */
export function decodeTracking(body: DataView): ChronyTracking {
  return {
    referenceId: formatReferenceId(body.getUint32(0)),
    address: readAddress(body, 4),
    stratum: body.getUint16(24),
    leap: member(leaps, body.getUint16(26), 'leap status'),
    referenceTimeMs: readInstantMs(body, 28),
    correctionMs: readFloat(body, 40) * 1000,
    lastOffsetMs: readFloat(body, 44) * 1000,
    rmsOffsetMs: readFloat(body, 48) * 1000,
    frequencyPpm: readFloat(body, 52),
    residualFrequencyPpm: readFloat(body, 56),
    skewPpm: readFloat(body, 60),
    rootDelayMs: readFloat(body, 64) * 1000,
    rootDispersionMs: readFloat(body, 68) * 1000,
    updateIntervalMs: readFloat(body, 72) * 1000,
  }
}

export function decodeSourceCount(body: DataView): number {
  return body.getUint32(0)
}

const states: readonly ChronySourceState[] = [
  'selected',
  'unusable',
  'falseticker',
  'too-variable',
  'combined',
  'selectable',
]
const modes: readonly ChronySource['mode'][] = ['server', 'peer', 'reference-clock']
const never = 0xffffffff

/** @throws SourceError when a field holds what chronyd never sends */
export function decodeSource(body: DataView): ChronySource {
  const mode = member(modes, body.getUint16(26), 'mode')
  const sinceSample = body.getUint32(32)
  const poll = body.getInt16(20)
  if (Math.abs(poll) > 31) throw new SourceError('malformed', `a reply whose poll is 2^${poll} s`)
  return {
    address: mode === 'reference-clock' ? referenceClockName(body.getUint32(0)) : readAddress(body, 0),
    mode,
    state: member(states, body.getUint16(24), 'state'),
    stratum: body.getUint16(22),
    pollSeconds: 2 ** poll,
    reachability: body.getUint16(30) & 0xff,
    lastSampleSeconds: sinceSample === never ? undefined : sinceSample,
    measuredOffsetMs: readFloat(body, 36) * 1000,
    offsetMs: readFloat(body, 40) * 1000,
    errorMs: readFloat(body, 44) * 1000,
    statistics: undefined,
  }
}

/** What chronyd has learnt of a source, and which source that is. */
export interface StatisticsOf {
  readonly address: string
  readonly statistics: ChronyStatistics
}

export function decodeStatistics(body: DataView): StatisticsOf {
  return {
    address: readAddress(body, 4) ?? referenceClockName(body.getUint32(0)),
    statistics: {
      samples: body.getUint32(24),
      spanSeconds: body.getUint32(32),
      deviationMs: readFloat(body, 36) * 1000,
      residualFrequencyPpm: readFloat(body, 40),
      skewPpm: readFloat(body, 44),
      offsetMs: readFloat(body, 48) * 1000,
    },
  }
}

export function decodeActivity(body: DataView): ChronyActivity {
  const [online = 0, offline = 0, burstOnline = 0, burstOffline = 0, unresolved = 0] = [0, 4, 8, 12, 16].map(
    at => body.getUint32(at),
  )
  return { online, offline, burstOnline, burstOffline, unresolved }
}

function member<T>(names: readonly T[], index: number, field: string): T {
  const name = names[index]
  if (name === undefined) throw new SourceError('malformed', `a reply whose ${field} is ${index}`)
  return name
}
