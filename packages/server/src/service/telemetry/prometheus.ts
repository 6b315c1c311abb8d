import type { MeterProvider as MeterProviderApi } from '@opentelemetry/api'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { emptyResource } from '@opentelemetry/resources'
import { type DataPoint, MeterProvider, type MetricData, MetricReader } from '@opentelemetry/sdk-metrics'

/** What one process measured. It is plain data, and can be sent from a worker to another. */
export type Measurements = readonly MetricData[]

/** Keeps what is measured until somebody asks for it. */
export class PrometheusMetrics {
  readonly #reader = new PullReader()
  readonly #provider = new MeterProvider({ readers: [this.#reader] })

  get meterProvider(): MeterProviderApi {
    return this.#provider
  }

  async collect(): Promise<Measurements> {
    const { resourceMetrics } = await this.#reader.collect()
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
  }

  async stop(): Promise<void> {
    await this.#provider.shutdown()
  }
}

class PullReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** In Prometheus' text format. What several workers measured is told apart by the label `worker`. */
export function formatMetrics(workers: ReadonlyMap<string, Measurements>): string {
  const families = new Map<string, MetricData>()
  for (const [worker, measurements] of workers) {
    for (const metric of measurements) {
      const name = metric.descriptor.name
      const own = worker === onlyProcess ? metric : withLabel(metric, worker)
      const known = families.get(name)
      families.set(
        name,
        known === undefined ? own : withPoints(own, [...known.dataPoints, ...own.dataPoints]),
      )
    }
  }
  const metrics = [...families.values()].map(withUnit)
  const scopeMetrics = [{ scope: { name: 'skewproof' }, metrics }]
  return serializer.serialize({ resource: emptyResource(), scopeMetrics })
}

/** Stands for the process of a service without workers. */
export const onlyProcess = ''

/** Without the labels and the metric that describe the resource and the scope: they are the same for all. */
const serializer = new PrometheusSerializer('', false, undefined, true, true)

function withLabel(metric: MetricData, worker: string): MetricData {
  return withPoints(
    metric,
    metric.dataPoints.map(point => ({ ...point, attributes: { ...point.attributes, worker } })),
  )
}

function withPoints(metric: MetricData, dataPoints: readonly DataPoint<unknown>[]): MetricData {
  // All points of a metric, whichever worker's, are of its kind.
  return { ...metric, dataPoints } as MetricData
}

/** Prometheus has the unit in the name, OpenTelemetry beside it. */
function withUnit(metric: MetricData): MetricData {
  const { descriptor } = metric
  if (descriptor.unit !== 's') return metric
  return { ...metric, descriptor: { ...descriptor, name: `${descriptor.name}.seconds`, unit: 'seconds' } }
}
