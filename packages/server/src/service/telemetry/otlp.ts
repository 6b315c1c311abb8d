import { DiagLogLevel, diag } from '@opentelemetry/api'
import { NodeSDK, resources } from '@opentelemetry/sdk-node'
import { instrument } from 'skewproof/telemetry'
import { version } from '../../version.ts'
import type { Measured } from './metrics-page.ts'

export { traceRequests } from './request-spans.ts'

export interface Export {
  /** Sends what is left, for some seconds at most. */
  stop(): Promise<void>
}

/** Where the SDK's own warnings go: a collector that cannot be reached, a variable that cannot be used. */
export interface ExportLog {
  warn(message: string): void
}

const flushWithinMs = 3000

/** Starts OpenTelemetry's SDK for Node, which reads its `OTEL_...` variables by itself, as the global one. */
export function startExport(measured: Measured, log: ExportLog): Export {
  const warn = (message: string) => log.warn(`OpenTelemetry: ${message}`)
  diag.setLogger({ error: warn, warn, info: () => {}, debug: () => {}, verbose: () => {} }, DiagLogLevel.WARN)
  const { envDetector, hostDetector, osDetector, serviceInstanceIdDetector } = resources
  const sdk = new NodeSDK({
    resource: resources.resourceFromAttributes({ 'service.name': 'skewproof', 'service.version': version }),
    // Not the one that tells the command line, which may hold a password.
    ...(process.env['OTEL_NODE_RESOURCE_DETECTORS'] === undefined && {
      resourceDetectors: [envDetector, hostDetector, osDetector, serviceInstanceIdDetector],
    }),
    logRecordProcessors: [],
  })
  sdk.start()
  const instrumentation = instrument(measured)
  return {
    stop: () => {
      instrumentation.stop()
      return within(flushWithinMs, sdk.shutdown())
    },
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const late = new Promise<void>(resolve => setTimeout(resolve, ms).unref())
  await Promise.race([work, late]).catch(() => {})
}
