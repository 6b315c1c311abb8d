import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { OtlpReceiver } from '../../../test/support/otlp-receiver.ts'
import { end, eventually } from '../../../test/support/processes.ts'

const folder = fileURLToPath(new URL('telemetry/', import.meta.url))

/** Starts the application, which exports to the receiver. */
async function startApplication(receiver: OtlpReceiver): Promise<string> {
  const child = spawn(execPath, ['--import', './instrumentation.mjs', 'application.mjs'], {
    cwd: folder,
    env: {
      ...process.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      OTEL_METRIC_EXPORT_TIMEOUT: '400',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => end(child))
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return `http://127.0.0.1:${Number(port.toString())}`
}

describe('an application with Express that exports to a collector', () => {
  it('says on the span of a request which token it carried, why it was refused and whose clock is wrong', async () => {
    const receiver = await OtlpReceiver.start()
    const url = await startApplication(receiver)
    const login = async (path: string) =>
      (await fetch(`${url}${path}`)).json() as Promise<Record<string, string>>
    const get = (token = '') => fetch(`${url}/me`, { headers: { authorization: `Bearer ${token}` } })

    const good = await login('/login')
    const early = await login('/login-ahead')
    expect((await get(good['access_token'])).status).toBe(200)
    expect((await get(early['access_token'])).status).toBe(401)

    const spanOf = (jti: string | undefined) =>
      eventually(async () => {
        const found = receiver.spans.find(span => span.attributes['token.jti'] === jti)
        if (found === undefined) throw new Error('the span has not arrived')
        return found.attributes
      })
    const accepted = await spanOf(good['jti'])
    expect(accepted).toMatchObject({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'clock.status': 'synchronized',
      'token.issued_at': expect.any(Number),
      'server.time': expect.any(Number),
      'clock.error_bound_seconds': expect.any(Number),
      'clock.skew_seconds': expect.any(Number),
    })
    expect(Math.abs(Number(accepted['clock.skew_seconds']))).toBeLessThan(1)
    expect(accepted).not.toHaveProperty('token.error')

    const refused = await spanOf(early['jti'])
    expect(refused).toMatchObject({ 'token.error': 'ERR_TOKEN_NOT_YET_VALID', 'token.culprit': 'issuer' })
    expect(Math.abs(Number(refused['clock.skew_seconds']) - 180)).toBeLessThan(1)

    const wanted = [
      ['skewproof.clock.error_bound', 's'],
      ['skewproof.clock.wall_offset', 's'],
      ['skewproof.clock.status', ''],
      ['skewproof.clock.source.offset', 's'],
      ['skewproof.clock.source.error_bound', 's'],
      ['skewproof.clock.source.status', ''],
      ['skewproof.clock.disturbances', '{disturbance}'],
      ['skewproof.token.verifications', '{verification}'],
      ['skewproof.token.arrival_skew', 's'],
      ['skewproof.verifier.cache.lookups', '{lookup}'],
      ['skewproof.store.operation.duration', 's'],
      ['skewproof.store.staleness', 's'],
    ]
    await eventually(async () => {
      const seen = receiver.metrics.map(({ name, unit = '' }) => [name, unit])
      expect(seen).toEqual(expect.arrayContaining(wanted))
    })

    const everything = receiver.received.map(({ body }) => body.toString()).join()
    for (const secret of [good['access_token'], early['access_token'], 'alice'])
      expect(everything).not.toContain(secret)
  })
})
