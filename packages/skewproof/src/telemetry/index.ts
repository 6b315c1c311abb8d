export type { FleetObserver } from './fleet-metrics.ts'
export { type Instrumentation, type InstrumentationOptions, instrument } from './instrument.ts'
export type { Identity } from './span.ts'
