// An application's own telemetry, as OpenTelemetry's guide for Node has it: loaded by `node --import` before all else.
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { NodeSDK } from '@opentelemetry/sdk-node'

const sdk = new NodeSDK({ instrumentations: [new HttpInstrumentation()] })
sdk.start()
process.on('SIGTERM', () => sdk.shutdown().finally(() => process.exit()))
