import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'

/** One export that was received, as it came. */
export interface Received {
  readonly path: string
  readonly contentType: string | undefined
  readonly body: Buffer
}

export interface ReceivedSpan {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly parentSpanId: string | undefined
  readonly attributes: Readonly<Record<string, unknown>>
}

export interface ReceivedMetric {
  readonly name: string
  readonly unit: string
}

interface KeyValue {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface TraceExport {
  readonly resourceSpans?: readonly {
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ReceivedSpan, 'attributes'> & { attributes: readonly KeyValue[] })[]
    }[]
  }[]
}

interface MetricsExport {
  readonly resourceMetrics?: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] }
    readonly scopeMetrics: readonly { readonly metrics: readonly ReceivedMetric[] }[]
  }[]
}

/** A collector: takes OTLP over HTTP (OpenTelemetry Protocol 1.x) and keeps it. Bodies in JSON can be read, those in protobuf looked at. */
export class OtlpReceiver {
  readonly url: string
  readonly received: Received[]

  private constructor(url: string, received: Received[]) {
    this.url = url
    this.received = received
  }

  /** It ends with the test. */
  static async start(): Promise<OtlpReceiver> {
    const received: Received[] = []
    const server = createServer(async (request, response) => {
      received.push({
        path: request.url ?? '',
        contentType: request.headers['content-type'],
        body: await readBody(request),
      })
      response.setHeader('content-type', 'application/json').end('{}')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return new OtlpReceiver(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, received)
  }

  get spans(): readonly ReceivedSpan[] {
    return this.#json<TraceExport>('/v1/traces').flatMap(({ resourceSpans = [] }) =>
      resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap(({ spans }) =>
          spans.map(span => ({ ...span, attributes: attributesOf(span.attributes) })),
        ),
      ),
    )
  }

  get metrics(): readonly ReceivedMetric[] {
    return this.#json<MetricsExport>('/v1/metrics').flatMap(({ resourceMetrics = [] }) =>
      resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)),
    )
  }

  /** What says who has sent the metrics. */
  get resource(): Readonly<Record<string, unknown>> {
    const [first] = this.#json<MetricsExport>('/v1/metrics')
    return attributesOf(first?.resourceMetrics?.[0]?.resource.attributes ?? [])
  }

  #json<T>(path: string): readonly T[] {
    return this.received.filter(one => one.path === path).map(({ body }) => JSON.parse(body.toString()) as T)
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}

/** `{stringValue: 'a'}` and the like are what they hold; whole numbers may come as text. */
function attributesOf(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const [[kind, content] = []] = Object.entries(value)
      return [key, kind === 'intValue' ? Number(content) : content]
    }),
  )
}
