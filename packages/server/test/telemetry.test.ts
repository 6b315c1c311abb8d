import { describe, expect, it } from 'vitest'
import { OtlpReceiver } from '../../../test/support/otlp-receiver.ts'
import { readSamples, seriesNames } from './support/exposition.ts'
import { eventually } from './support/processes.ts'
import { type Service, startService } from './support/service.ts'

async function scrape(service: Service): Promise<string> {
  const { status, headers, body } = await service.request('GET', '/metrics')
  expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
  return body
}

describe('/metrics', () => {
  it('counts what was verified, and shows the clock, its sources and the store', async () => {
    const service = await startService({ args: ['--source', 'system'] })
    const before = await eventually(async () => {
      const text = await scrape(service)
      expect(readSamples(text).get('skewproof_clock_status{status="synchronized"}')).toBe(1)
      return text
    })
    const { body: issued } = await service.issue({ sub: 'alice' })
    for (let round = 0; round < 3; round += 1) await service.forwardAuth(issued.access_token)
    await service.forwardAuth('x.y.z')
    await service.revoke({ jti: issued.jti })
    await service.forwardAuth(issued.access_token)
    const text = await scrape(service)
    const samples = readSamples(text)
    const counted = (labels: string) => samples.get(`skewproof_token_verifications_total{${labels}}`)
    // Just issued, by a clock that is good to 100 ms, a token may as well begin in a moment.
    const [valid = 0, ambiguous = 0] = [counted('verdict="valid"'), counted('verdict="ambiguous"')]
    expect(valid + ambiguous).toBe(3)
    expect(counted('verdict="refused",code="ERR_TOKEN_REVOKED"')).toBe(1)
    expect(counted('verdict="refused",code="ERR_TOKEN_MALFORMED"')).toBe(1)
    // Two of them accepted, and one that is known to be revoked.
    expect(samples.get('skewproof_verifier_cache_lookups_total{result="hit"}')).toBe(3)
    expect(samples.get('skewproof_node_ready')).toBe(1)
    const nodes = [...samples].filter(([name]) => name.startsWith('skewproof_fleet_nodes{'))
    expect(nodes.reduce((sum, [, count]) => sum + count, 0)).toBe(1)
    expect(samples.get('skewproof_fleet_alarm{alarm="undecidable"}')).toBe(0)
    expect(samples.get('skewproof_clock_source_status{source="system",status="selected"}')).toBe(1)
    expect(samples.get('skewproof_clock_error_bound_seconds')).toBeGreaterThan(0)
    expect(Math.abs(samples.get('skewproof_clock_wall_offset_seconds') ?? 1)).toBeLessThan(0.1)
    const revoked = 'operation="revokeToken",outcome="ok"'
    expect(samples.get(`skewproof_store_operation_duration_seconds_count{${revoked}}`)).toBe(1)
    expect(samples.get('skewproof_token_issuances_total{cause="request"}')).toBe(1)
    expect(samples.get('skewproof_token_revocations_total{scope="token"}')).toBe(1)
    for (const secret of ['alice', issued.jti, issued.access_token]) expect(text).not.toContain(secret)
    expect([...seriesNames(before)].every(name => name.startsWith('skewproof_'))).toBe(true)
  })

  it('shows every worker, whichever is asked', async () => {
    const service = await startService({ args: ['--workers', '2'] })
    await eventually(async () => expect(service.output).toContain('Skewproof listens on'))
    const { body: issued } = await service.issue({ sub: 'alice' })
    for (let round = 0; round < 20; round += 1) await service.forwardAuth(issued.access_token)
    for (let round = 0; round < 4; round += 1) {
      // On a machine that is busy a worker may be late, and is left out.
      await eventually(async () => {
        const samples = readSamples(await scrape(service))
        const ofWorkers = [...samples].filter(([name]) =>
          name.startsWith('skewproof_token_verifications_total{verdict="valid"'),
        )
        expect(ofWorkers.map(([name]) => name.replace(/.*worker="(\d+)".*/, '$1')).toSorted()).toEqual([
          '1',
          '2',
        ])
        expect(ofWorkers.reduce((sum, [, count]) => sum + count, 0)).toBe(20)
      })
    }
  })
})

describe('export by OTLP', () => {
  const quickly = {
    OTEL_METRIC_EXPORT_INTERVAL: '500',
    OTEL_METRIC_EXPORT_TIMEOUT: '400',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  }

  it('sends a span for each request, in the trace of its caller, and the metrics', async () => {
    const receiver = await OtlpReceiver.start()
    const service = await startService({
      env: {
        ...quickly,
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      },
    })
    const { body: issued } = await service.issue({ sub: 'alice' })
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    await fetch(`${service.url}/forward-auth/some/path?access_token=secret`, {
      headers: {
        authorization: `Bearer ${issued.access_token}`,
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      },
    })
    await service.introspect(issued.access_token)

    await eventually(async () => {
      const span = (name: string) => receiver.spans.find(one => one.name === name)
      expect(span('GET /forward-auth/*')).toMatchObject({
        traceId,
        parentSpanId: 'b7ad6b7169203331',
        kind: 2,
        attributes: {
          'token.jti': issued.jti,
          'clock.status': 'unsynchronized',
          'http.response.status_code': 200,
          'http.route': '/forward-auth/*',
        },
      })
      // The body has come in another context.
      expect(span('POST /oauth2/introspect')?.attributes).toMatchObject({ 'token.jti': issued.jti })
      expect(receiver.metrics.map(({ name }) => name)).toContain('skewproof.token.verifications')
    })
    expect(receiver.resource).toMatchObject({
      'service.name': 'skewproof',
      'deployment.environment.name': 'test',
    })
    const everything = receiver.received.map(({ body }) => body.toString()).join()
    for (const secret of ['alice', 'secret', issued.access_token, service.credentials.client_secret]) {
      expect(everything).not.toContain(secret)
    }
    expect(receiver.spans.some(({ name }) => name.includes('/ready'))).toBe(false)
  })

  it('uses protobuf unless another protocol is named, and sends the rest when it stops', async () => {
    const receiver = await OtlpReceiver.start()
    const service = await startService({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } })
    await service.forwardAuth('x.y.z')
    expect(await service.stop()).toBe(0)
    const types = new Set(receiver.received.map(({ path, contentType }) => `${path} ${contentType}`))
    expect([...types].toSorted()).toEqual([
      '/v1/metrics application/x-protobuf',
      '/v1/traces application/x-protobuf',
    ])
    expect(receiver.received.map(({ body }) => body.toString()).join()).toContain('ERR_TOKEN_MALFORMED')
  })

  it('warns of a collector that cannot be reached, and works and stops all the same', async () => {
    const service = await startService({
      env: { ...quickly, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
    })
    await eventually(async () => expect(service.output).toContain('OpenTelemetry: '))
    expect((await service.forwardAuth('x.y.z')).status).toBe(401)
    expect(await service.stop()).toBe(0)
  })
})
