import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startService } from '../../packages/server/test/support/service.ts'
import { ClientError, type ClockSkew, detectClockSkew } from '../../packages/skewproof/src/client/index.ts'
import { startProxy } from './support/proxy.ts'

/** A server of its own on this machine, whose clock is right. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return `http://127.0.0.1:${address.port}`
}

function missedBy({ skewMs, errorMs }: ClockSkew, trueSkewMs: number): number {
  return Math.max(0, Math.abs(skewMs - trueSkewMs) - errorMs)
}

describe('detectClockSkew', () => {
  it('is within its stated error of the true skew in 200 runs over ways of asymmetric delays', async () => {
    const service = await startService({ offsetSeconds: -37.25 })
    const upTo = (ms: number) => () => Math.random() * ms
    const ways = await Promise.all(
      [
        { thereMs: upTo(60) },
        { backMs: upTo(60) },
        { thereMs: () => 40, backMs: upTo(5) },
        { thereMs: upTo(80), backMs: upTo(20) },
      ].map(delays => startProxy(service.url, delays)),
    )
    const runs = await Promise.all(
      ways.flatMap(way =>
        [0, 1].map(async () => {
          const found: ClockSkew[] = []
          for (let run = 0; run < 25; run += 1) found.push(await detectClockSkew(way.url, { samples: 3 }))
          return found
        }),
      ),
    )
    const found = runs.flat()
    expect(found).toHaveLength(200)
    expect(found.filter(skew => missedBy(skew, 37_250) > 0)).toEqual([])
    expect(new Set(found.map(skew => `${skew.method} ${skew.culpritHint}`))).toEqual(
      new Set(['clock unknown']),
    )
    const errorsMs = found.map(skew => skew.errorMs).sort((a, b) => a - b)
    console.info(
      `200 runs: errorMs ${errorsMs[100]?.toFixed(1)} in the middle, ${errorsMs[199]?.toFixed(1)} at most`,
    )
  })

  it('blames the device when the service knows its time', async () => {
    const service = await startService({ offsetSeconds: 120, args: ['--source', 'system'] })
    const skew = await detectClockSkew(new URL('/anything', service.url))
    expect(skew).toMatchObject({ method: 'clock', culpritHint: 'device' })
    expect(missedBy(skew, -120_000)).toBe(0)
  })

  it('takes X-Server-Time where there is no /clock, from any answer', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(404, { 'x-server-time': new Date(Date.now() + 9000).toISOString() }).end('not here')
    })
    const skew = await detectClockSkew(url)
    expect(skew).toMatchObject({ method: 'server-time', culpritHint: 'unknown' })
    expect(missedBy(skew, -9000)).toBe(0)
  })

  it('finds where the seconds of a mere Date begin', async () => {
    const asked: string[] = []
    const url = await serve((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      response.writeHead(200, { date: new Date(Date.now() - 90_000).toUTCString() }).end()
    })
    const skew = await detectClockSkew(`${url}/page`, { samples: 7 })
    expect(skew).toMatchObject({ method: 'date', culpritHint: 'unknown' })
    expect(missedBy(skew, 90_000)).toBe(0)
    expect(asked).toEqual(['GET /clock', ...Array<string>(7).fill('HEAD /page')])
  })

  it.each([
    ['say that they are old', { age: '30' }],
    ['never change', {}],
  ])('refuses replies from a cache, which %s', async (_, headers) => {
    const since = new Date().toISOString()
    const url = await serve((_request, response) => {
      setTimeout(() => response.writeHead(200, { ...headers, 'x-server-time': since }).end(), 20)
    })
    const refusal = await detectClockSkew(url).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(ClientError)
    expect(refusal).toMatchObject({ code: 'ERR_CLOCK_UNMEASURED' })
  })

  it('says that a server cannot be reached, and why', async () => {
    const { url, cut } = await startProxy('http://127.0.0.1:1')
    cut()
    const refusal = await detectClockSkew(url).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'ERR_CLOCK_UNMEASURED', cause: expect.any(TypeError) })
  })

  it('does not read on when /clock is without end', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'x-server-time': new Date().toISOString() })
      if (request.method === 'HEAD') response.end()
      else response.write('['.repeat(1 << 20))
    })
    expect(await detectClockSkew(url)).toMatchObject({ method: 'server-time', culpritHint: 'none' })
  })

  it('stops when it is told to', async () => {
    const url = await serve(() => {})
    const controller = new AbortController()
    const found = detectClockSkew(url, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(found).rejects.toThrow('enough')
  })

  it.each([[0], [51], [Number.NaN]])('refuses %d samples', async samples => {
    await expect(detectClockSkew('http://127.0.0.1:1', { samples })).rejects.toMatchObject({
      code: 'ERR_OPTION',
    })
  })
})
