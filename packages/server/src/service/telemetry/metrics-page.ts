import cluster from 'node:cluster'
import type { BoundedClock, Emitter, TokenServiceEvents, TokenStore } from 'skewproof'
import type { FleetObserver } from 'skewproof/telemetry'
import { EarlyEvents } from './early-events.ts'

/** What is measured. */
export interface Measured {
  readonly tokens: Emitter<TokenServiceEvents>
  readonly clock: BoundedClock
  readonly store: TokenStore
  readonly fleet: FleetObserver
}

interface Running {
  text(): Promise<string>
  stop(): Promise<void>
}

/** What `/metrics` shows: all that has happened since this was made. */
export class MetricsPage {
  readonly #measured: Measured
  #running: Promise<Running> | undefined

  constructor(measured: Measured) {
    this.#measured = { ...measured, tokens: new EarlyEvents(measured.tokens) }
  }

  /** Loads what counts: a service is to listen before. */
  start(): Promise<Running> {
    this.#running ??= run(this.#measured)
    return this.#running
  }

  /** In Prometheus' text format; of all workers where there are several. */
  async text(): Promise<string> {
    return (await this.start()).text()
  }

  async stop(): Promise<void> {
    const running = await this.#running?.catch(() => undefined)
    await running?.stop()
  }
}

async function run(measured: Measured): Promise<Running> {
  const { instrument } = await import('skewproof/telemetry')
  const { formatMetrics, onlyProcess, PrometheusMetrics } = await import('./prometheus.ts')
  const metrics = new PrometheusMetrics()
  const instrumentation = instrument({ ...measured, meterProvider: metrics.meterProvider })
  const collect = () => metrics.collect()
  const gather = cluster.isWorker
    ? (await import('./worker-metrics.ts')).joinMetrics(collect)
    : async () => new Map([[onlyProcess, await collect()]])
  return {
    text: async () => formatMetrics(await gather()),
    stop: async () => {
      instrumentation.stop()
      await metrics.stop()
    },
  }
}
