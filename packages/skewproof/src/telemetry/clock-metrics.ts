import type { BatchObservableResult, Meter } from '@opentelemetry/api'
import type { BoundedClock, ClockStatus, SourceStanding } from '../clock/index.ts'

const statuses: readonly ClockStatus[] = ['synchronized', 'holdover', 'disrupted', 'unsynchronized']
const standings: readonly SourceStanding[] = [
  'selected',
  'falseticker',
  'undecidable',
  'refused',
  'unreachable',
  'pending',
]

/** Sources beyond these are left out: each is several time series. */
const maxSources = 32

/** Measures the clock whenever metrics are collected, and counts steps and suspends. */
export function observeClock(meter: Meter, clock: BoundedClock): () => void {
  const gauge = (name: string, description: string, unit = '') =>
    meter.createObservableGauge(name, { description, unit })
  const errorBound = gauge('skewproof.clock.error_bound', 'How far the clock can be off', 's')
  const wallOffset = gauge(
    'skewproof.clock.wall_offset',
    "The machine's wall clock minus true time; positive: it is ahead",
    's',
  )
  const status = gauge('skewproof.clock.status', '1 for what the clock is, 0 for what it is not')
  const sourceOffset = gauge(
    'skewproof.clock.source.offset',
    "A source's clock minus the clock; positive: it is ahead",
    's',
  )
  const sourceErrorBound = gauge('skewproof.clock.source.error_bound', 'How far a source can be off', 's')
  const sourceStatus = gauge(
    'skewproof.clock.source.status',
    '1 for how a source stands, 0 for how it does not',
  )
  const disturbances = meter.createCounter('skewproof.clock.disturbances', {
    description: 'How often the wall clock was stepped, and the machine suspended',
    unit: '{disturbance}',
  })
  for (const kind of ['step', 'suspend']) disturbances.add(0, { kind })

  function measure(result: BatchObservableResult): void {
    const reading = clock.now()
    const { wallOffsetMs } = clock
    if (Number.isFinite(reading.errorMs)) result.observe(errorBound, reading.errorMs / 1000)
    if (wallOffsetMs !== undefined) result.observe(wallOffset, wallOffsetMs / 1000)
    for (const one of statuses) result.observe(status, Number(one === reading.status), { status: one })
    for (const { name, offsetMs, errorMs, status: standing } of clock.sources.slice(0, maxSources)) {
      if (offsetMs !== undefined) result.observe(sourceOffset, offsetMs / 1000, { source: name })
      if (errorMs !== undefined) result.observe(sourceErrorBound, errorMs / 1000, { source: name })
      for (const one of standings) {
        result.observe(sourceStatus, Number(one === standing), { source: name, status: one })
      }
    }
  }

  const onStep = () => disturbances.add(1, { kind: 'step' })
  const onSuspend = () => disturbances.add(1, { kind: 'suspend' })
  const observables = [errorBound, wallOffset, status, sourceOffset, sourceErrorBound, sourceStatus]
  meter.addBatchObservableCallback(measure, observables)
  clock.on('step', onStep).on('suspend', onSuspend)
  return () => {
    meter.removeBatchObservableCallback(measure, observables)
    clock.off('step', onStep).off('suspend', onSuspend)
  }
}
