import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startProxy } from '../../../test/client/support/proxy.ts'
import { CertificateAuthority } from '../../../test/support/certificates.ts'
import { ShimmedClock } from '../../../test/support/clock-shim.ts'
import { freePort, temporaryDirectory } from '../../../test/support/processes.ts'
import { RedisServer, type RedisServerOptions } from '../../../test/support/redis-server.ts'
import {
  createClock,
  systemHostClock as host,
  type SourceError,
  type TimeSample,
} from '../src/clock/index.ts'
import { redis } from '../src/sources/index.ts'

/** The deadline is generous: the machine may be busy. */
function context() {
  return { host, signal: AbortSignal.timeout(600_000) }
}

/** This machine's clock is true time here; it is read in whole milliseconds, rounded down. */
const readingErrorMs = 1

/** How far the measured clock is off from true time, beyond its bound; `offsetMs` is how far it really is. */
function excessMs({ timeMs, monotonicMs, errorMs }: TimeSample, offsetMs: number): number {
  const measuredMs = timeMs + (host.monotonicMs() - monotonicMs) - (host.wallMs() + 0.5)
  return Math.abs(measuredMs - offsetMs) - errorMs
}

async function startRedis(offsetMs = 0, options: RedisServerOptions = {}) {
  const clock = new ShimmedClock(temporaryDirectory(), offsetMs)
  const server = await RedisServer.start({ ...options, env: clock.environment })
  onTestFinished(() => server.end())
  return { server, clock }
}

async function connectedClient(url: string) {
  const client = createClient({ url, disableClientInfo: true })
  await client.connect()
  onTestFinished(() => client.destroy())
  return client
}

async function refusalOf(measured: Promise<unknown>): Promise<SourceError> {
  const refusal = await measured.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(refusal).toMatchObject({ code: 'ERR_TIME_SOURCE' })
  return refusal as SourceError
}

describe('a real Redis', () => {
  it.each([0, 2500, -150_000])(
    'whose clock is off by %d ms is measured, by a URL and by a client',
    async offsetMs => {
      const { server } = await startRedis(offsetMs)
      const client = await connectedClient(server.url)
      const sources = [
        redis(server.url, { serverError: '0ms' }),
        redis(client, { serverError: '0ms' }),
        // As ioredis has it.
        redis({ call: command => client.sendCommand([command]) }, { serverError: '0ms' }),
      ]
      for (const source of sources) {
        const sample = await source.measure(context())
        expect(excessMs(sample, offsetMs)).toBeLessThan(readingErrorMs)
        expect(sample.errorMs).toBeLessThan(1000)
      }
    },
  )

  it('is within the bound in each of 200 runs over ways of unequal delays', async () => {
    const { server } = await startRedis(-37_250)
    const upTo = (ms: number) => () => Math.random() * ms
    const ways = await Promise.all(
      [{ thereMs: upTo(60) }, { backMs: upTo(60) }, { thereMs: () => 40, backMs: upTo(5) }, {}].map(delays =>
        startProxy(server.url.replace('redis:', 'http:'), delays),
      ),
    )
    const excesses: number[] = []
    for (let batch = 0; batch < 5; batch += 1) {
      const samples = await Promise.all(
        ways.flatMap(({ url }) => {
          const source = redis(url.replace('http:', 'redis:'), { serverError: '0ms' })
          return Array.from({ length: 10 }, () => source.measure(context()))
        }),
      )
      excesses.push(...samples.map(sample => excessMs(sample, -37_250)))
    }
    expect(excesses).toHaveLength(200)
    expect(Math.max(...excesses)).toBeLessThan(readingErrorMs)
  })

  it('does not make a clock synchronized unless somebody says how good its clock is', async () => {
    const { server } = await startRedis()
    const statusWith = async (serverError?: string) => {
      const source = redis(server.url, { ...(serverError !== undefined && { serverError }) })
      const clock = await createClock({ sources: [source], firstMeasurement: '30s', timeout: '30s' })
      onTestFinished(() => clock.close())
      return clock.status
    }
    expect(await statusWith()).toBe('unsynchronized')
    expect(await statusWith('50ms')).toBe('synchronized')
  })

  it('is logged in to, and says when it refuses', async () => {
    const { server } = await startRedis()
    await server.command('ACL', 'SETUSER', 'clock', 'on', '>p@ss word', '-@all', '+time')
    const at = (credentials: string) => redis(server.url.replace('//', `//${credentials}@`))
    expect((await at('clock:p%40ss%20word').measure(context())).errorMs).toBeGreaterThan(1000)
    const wrong = await refusalOf(at('clock:wrong').measure(context()))
    expect(wrong.reason).toBe('unsupported')
    expect(wrong.message).toMatch(/^Redis refuses: WRONGPASS /)
    await server.command('ACL', 'SETUSER', 'clock', '-time')
    const forbidden = await refusalOf(at('clock:p%40ss%20word').measure(context()))
    expect(forbidden.message).toMatch(/^Redis refuses: NOPERM /)
    await server.command('ACL', 'SETUSER', 'default', '-time')
    const client = await connectedClient(server.url.replace('//', '//clock:p%40ss%20word@'))
    const byClient = await refusalOf(redis(client).measure(context()))
    expect(byClient).toMatchObject({ reason: 'unreachable', message: 'the client could not ask Redis' })
  })

  it('is authenticated over TLS', async () => {
    const authority = await CertificateAuthority.create()
    const issued = await authority.issue()
    const authorityFile = join(temporaryDirectory(), 'ca.pem')
    writeFileSync(authorityFile, authority.pem)
    const tlsPort = await freePort()
    await startRedis(0, {
      args: [
        ...['--tls-port', String(tlsPort), '--tls-auth-clients', 'no', '--tls-ca-cert-file', authorityFile],
        ...['--tls-cert-file', issued.certificate, '--tls-key-file', issued.key],
      ],
    })
    const url = `rediss://127.0.0.1:${tlsPort}`
    const source = redis(url, { ca: authority.pem, serverError: '0ms' })
    expect(source.authenticated).toBe(true)
    expect(excessMs(await source.measure(context()), 0)).toBeLessThan(readingErrorMs)
    const refusal = await refusalOf(redis(url).measure(context()))
    expect(refusal.reason).toBe('unauthenticated')
  })
})

/** A server that does with its connections what it likes. */
async function serve(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a server that', () => {
  it.each([
    ['is something else', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'malformed'],
    ['sends without end', `+${'x'.repeat(10_000_000)}`, 'malformed'],
    ['answers with what is no time', '*2\r\n$3\r\nnow\r\n$1\r\n0\r\n', 'malformed'],
    ['announces more than it sends', '*2\r\n$999999999\r\n1795478400\r\n$1\r\n0\r\n', 'malformed'],
    ['repeats an old answer', '*2\r\n$10\r\n1795478400\r\n$1\r\n0\r\n', 'mismatched'],
    ['is loading, and says so', '-LOADING Redis is \u009bloading\r\n', 'unsupported'],
  ])('%s is refused', async (_, answer, reason) => {
    const url = await serve(socket => socket.on('data', () => socket.write(answer, 'latin1')))
    const refusal = await refusalOf(redis(url).measure(context()))
    expect(refusal.reason).toBe(reason)
    expect(refusal.message).not.toContain('\u009b')
  })

  it('hangs up, or is not there, is said to be unreachable', async () => {
    const url = await serve(socket => socket.once('data', () => socket.end()))
    const hungUp = await refusalOf(redis(url).measure(context()))
    expect(hungUp).toMatchObject({ reason: 'unreachable', message: 'it closed the connection' })
    const absent = await refusalOf(redis('redis://:secret@127.0.0.1:1').measure(context()))
    expect(absent).toMatchObject({ reason: 'unreachable', message: 'redis://127.0.0.1:1: ECONNREFUSED' })
  })

  it('is silent is waited for until the deadline and no longer', async () => {
    const url = await serve(() => {})
    const late = new Error('late')
    const deadline = new AbortController()
    const measured = redis(url).measure({ host, signal: deadline.signal })
    setImmediate(() => deadline.abort(late))
    await expect(measured).rejects.toBe(late)
  })
})

it.each([
  ['http://cache.test', {}, /^url: use redis/],
  ['redis://cache.test', { serverError: 'some' }, /^serverError: /],
  ['rediss://cache.test', { ca: 'none' }, /^ca: it holds no certificate/],
])('refuses %s with %j', (url, options, message) => {
  expect(() => redis(url, options)).toThrow(message)
})
