/** Whether the environment says where telemetry is to be sent. */
export function isExportWanted(env: NodeJS.ProcessEnv): boolean {
  return ['', 'TRACES_', 'METRICS_'].some(
    signal => (env[`OTEL_EXPORTER_OTLP_${signal}ENDPOINT`] ?? '') !== '',
  )
}
