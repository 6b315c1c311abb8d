import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startService } from '../../../packages/server/test/support/service.ts'
import { startProxy } from '../../../test/client/support/proxy.ts'
import { CertificateAuthority } from '../../../test/support/certificates.ts'
import { fakedClock } from '../../../test/support/faked-clock.ts'
import { startNginx } from '../../../test/support/nginx.ts'
import { createClock, systemHostClock as host, type SourceError } from '../src/clock/index.ts'
import { http, readServerClock, type ServerClock } from '../src/sources/index.ts'
import { mistakeOf, readingErrorMs } from './true-time.ts'

/** The deadline is generous: the machine may be busy. */
function context() {
  return { host, signal: AbortSignal.timeout(600_000) }
}

/** How far the clock that was measured is off from true time, beyond its bound; `offsetMs` is how far it really is. */
function excessMs(clock: ServerClock, offsetMs: number): number {
  return Math.abs(mistakeOf(clock) - offsetMs) - clock.errorMs
}

function read(url: string): Promise<ServerClock> {
  return readServerClock(new URL(url), context())
}

/** A web server on this machine. */
async function serve(listener: RequestListener): Promise<{ url: string; connections: () => number }> {
  const server = createServer(listener)
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/clock`, connections: () => connections }
}

/** A server that does with its connections what it likes. */
async function serveRaw(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createTcpServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}/clock`
}

/** Ways to a server on this machine, each slower in one direction than in the other. */
function unequalWays(url: string): Promise<{ readonly url: string }[]> {
  const upTo = (ms: number) => () => Math.random() * ms
  const delays = [
    { thereMs: upTo(60) },
    { backMs: upTo(60) },
    { thereMs: () => 40, backMs: upTo(5) },
    { thereMs: upTo(80), backMs: upTo(20) },
  ]
  return Promise.all(delays.map(each => startProxy(url, each)))
}

const json = { 'content-type': 'application/json' }

/** As a Skewproof service answers whose clock is right. */
function clockBody(more: Readonly<Record<string, unknown>> = {}): string {
  const nowMs = host.wallMs()
  return JSON.stringify({
    receivedAtMs: nowMs,
    sentAtMs: nowMs,
    errorMs: 2,
    status: 'synchronized',
    ...more,
  })
}

async function refusalOf(measured: Promise<unknown>): Promise<SourceError> {
  const refusal = await measured.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(refusal).toMatchObject({ code: 'ERR_TIME_SOURCE' })
  return refusal as SourceError
}

describe('a Skewproof service', () => {
  it.each([-150, 0, 180])('that is off by %d s is measured by its /clock', async offsetSeconds => {
    const service = await startService({ offsetSeconds })
    const clock = await read(`${service.url}/clock`)
    expect(clock).toMatchObject({ method: 'clock', claim: { status: 'unsynchronized' } })
    expect(excessMs(clock, offsetSeconds * 1000)).toBeLessThan(readingErrorMs)
    expect(clock.errorMs).toBeLessThan(1000)
    const byHeader = await read(`${service.url}/health`)
    expect(byHeader.method).toBe('server-time')
    expect(excessMs(byHeader, offsetSeconds * 1000)).toBeLessThan(readingErrorMs)
  })

  it('is within the bound in each of 200 runs over ways of unequal delays', async () => {
    const service = await startService({ offsetSeconds: -37.25 })
    const ways = await unequalWays(service.url)
    const excesses: number[] = []
    for (let batch = 0; batch < 5; batch += 1) {
      const clocks = await Promise.all(
        ways.flatMap(({ url }) => Array.from({ length: 10 }, () => read(`${url}/clock`))),
      )
      excesses.push(...clocks.map(clock => excessMs(clock, -37_250)))
    }
    expect(excesses).toHaveLength(200)
    expect(Math.max(...excesses)).toBeLessThan(readingErrorMs)
  })

  it('is no source while it does not know the time itself', async () => {
    const service = await startService({ offsetSeconds: 180 })
    const refusal = await refusalOf(http(service.url).measure(context()))
    expect(refusal.reason).toBe('unsynchronized')
    expect(refusal.message).toMatch(/the clock of 127\.0\.0\.1:\d+ is unsynchronized/)
  })

  it('is a source with its own bound once it does, for a clock that follows it', async () => {
    const service = await startService({ offsetSeconds: 2, args: ['--source', 'system'] })
    const { errorMs } = await http(service.url).measure(context())
    expect(errorMs).toBeGreaterThan(100)
    const clock = await createClock({ sources: [http(service.url)], firstMeasurement: '30s', timeout: '30s' })
    onTestFinished(() => clock.close())
    expect(clock.status).toBe('synchronized')
    expect(Math.abs((clock.wallOffsetMs ?? 0) + 2000)).toBeLessThan(clock.now().errorMs + readingErrorMs)
  })
})

describe('a web server', () => {
  it('that says no more than Date is measured by where its seconds begin', async () => {
    const { url, connections } = await serve((_request, response) => void response.end('hello'))
    const clock = await read(url)
    expect(clock).toMatchObject({ method: 'date', claim: undefined })
    expect(excessMs(clock, 0)).toBeLessThan(readingErrorMs)
    expect(connections()).toBe(1)
  })

  it.each([
    ['in front of a service says no more than Date', 'Date', 'location / { return 200 "hello"; }'],
    ['has a page that is long', 'Date', 'location / { root /usr/bin; index env; }'],
  ])('nginx, whose clock is ahead, %s', async (_, __, block) => {
    const url = await startNginx(block, fakedClock(7.5))
    const clock = await read(url)
    expect(clock.method).toBe('date')
    expect(excessMs(clock, 7500)).toBeLessThan(readingErrorMs)
  })

  it('nginx is within the bound by Date too, over ways of unequal delays', async () => {
    const ways = await unequalWays(await startNginx('location / { return 204; }', fakedClock(-37.25)))
    const clocks = await Promise.all(
      ways.flatMap(({ url }) => Array.from({ length: 10 }, () => read(`${url}/clock`))),
    )
    expect(clocks).toHaveLength(40)
    expect(Math.max(...clocks.map(clock => excessMs(clock, -37_250)))).toBeLessThan(readingErrorMs)
  })

  it('nginx passes on what the service behind it says', async () => {
    const service = await startService({ offsetSeconds: -150 })
    const url = await startNginx(`location / { proxy_pass ${service.url}; }`, fakedClock(7))
    const clock = await read(`${url}/clock`)
    expect(clock.method).toBe('clock')
    expect(excessMs(clock, -150_000)).toBeLessThan(readingErrorMs)
  })

  it('is believed as far as the operator says', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'x-server-time': new Date(host.wallMs()).toISOString() }).end()
    })
    const careful = await http(url).measure(context())
    expect(careful.errorMs).toBeGreaterThan(1000)
    const stated = await http(url, { serverError: '20ms' }).measure(context())
    expect(stated.errorMs).toBeGreaterThan(20)
    expect(stated.errorMs).toBeLessThan(careful.errorMs)
  })

  it('is asked over one connection, whose setting up does not count', async () => {
    const { url, connections } = await serve((_request, response) => {
      response.writeHead(200, json).end(clockBody())
    })
    const roundTripMs = 2 * 150
    const slow = await startProxy(url, { thereMs: () => 150, backMs: () => 150 })
    const { errorMs } = await read(`${slow.url}/clock`)
    expect(connections()).toBe(1)
    expect(errorMs).toBeGreaterThan(roundTripMs / 2 - readingErrorMs)
  })

  it('that closes each connection is measured all the same', async () => {
    const { url, connections } = await serve((_request, response) => {
      response.writeHead(200, { ...json, connection: 'close' }).end(clockBody())
    })
    expect(excessMs(await read(url), 0)).toBeLessThan(readingErrorMs)
    expect(connections()).toBe(4)
  })

  it('is asked for nothing that a cache may answer, and for nothing compressed', async () => {
    const asked: unknown[] = []
    const { url } = await serve(({ method, url, headers }, response) => {
      asked.push([method, url, headers['cache-control'], headers['accept-encoding']])
      response.writeHead(200, json).end(clockBody())
    })
    await read(url)
    expect(asked).toEqual(Array(4).fill(['GET', '/clock', 'no-store', 'identity']))
  })
})

describe('TLS', () => {
  let authority: CertificateAuthority

  async function serveTls(names?: readonly string[], beginsInMs?: number): Promise<string> {
    const issued = await authority.issue({ ...(names && { names }), ...(beginsInMs && { beginsInMs }) })
    const files = { key: readFileSync(issued.key), cert: readFileSync(issued.certificate) }
    const server = createTlsServer(files, (_request, response) => {
      response.writeHead(200, json).end(clockBody())
    })
    server.on('tlsClientError', () => {})
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}/clock`
  }

  it('authenticates', async () => {
    authority = await CertificateAuthority.create()
    const url = await serveTls()
    const source = http(url, { ca: authority.pem })
    expect(source.authenticated).toBe(true)
    expect(http('http://127.0.0.1').authenticated).toBe(false)
    const { monotonicMs, timeMs, errorMs } = await source.measure(context())
    expect(excessMs({ monotonicMs, timeMs, errorMs, method: 'clock', claim: undefined }, 0)).toBeLessThan(
      readingErrorMs,
    )
  })

  it.each([
    [
      'for another name',
      ['DNS:other.test'],
      undefined,
      true,
      /cannot be trusted: ERR_TLS_CERT_ALTNAME_INVALID/,
    ],
    ['from an unknown authority', undefined, undefined, false, /cannot be trusted: UNABLE_TO_VERIFY_LEAF/],
    ['that has expired', undefined, -200_000_000, true, /has expired, if it is .* set the other/],
    ['that is not valid yet', undefined, 100_000_000, true, /is not valid yet/],
  ])('refuses a certificate %s', async (_, names, beginsInMs, isKnown, message) => {
    authority = await CertificateAuthority.create()
    const url = await serveTls(names, beginsInMs)
    const source = http(url, isKnown ? { ca: authority.pem } : {})
    const refusal = await refusalOf(source.measure(context()))
    expect(refusal.reason).toBe('unauthenticated')
    expect(refusal.message).toMatch(message)
  })

  it('is not spoken with a server that does not', async () => {
    const { url } = await serve((_request, response) => void response.end())
    const refusal = await refusalOf(read(url.replace('http:', 'https:')))
    expect(refusal.reason).toBe('unreachable')
  })
})

describe('a server that', () => {
  it.each<[string, RequestListener, string]>([
    [
      'redirects',
      (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/clock' }).end(),
      'unsupported',
    ],
    [
      'answers from a cache',
      (_request, response) => void response.writeHead(200, { ...json, age: '17' }).end(clockBody()),
      'mismatched',
    ],
    ['answers as if NaN were JSON', numbers('{"receivedAtMs":NaN,"sentAtMs":1}'), 'date'],
    ['answers with garbage', numbers('\u0000\u0001{"rec'), 'date'],
    [
      'answers with absurd numbers',
      numbers('{"receivedAtMs":1e999,"sentAtMs":-1,"errorMs":0,"status":"synchronized"}'),
      'malformed',
    ],
    [
      'does not know how good its clock is',
      (_request, response) => void response.writeHead(200, json).end(clockBody({ errorMs: null })),
      'unsynchronized',
    ],
    ['is broken', (_request, response) => void response.writeHead(500, json).end(clockBody()), 'unreachable'],
    [
      'breaks off',
      (_request, response) => {
        response.writeHead(200, { ...json, 'content-length': 1000 }).write('{')
        setImmediate(() => response.destroy())
      },
      'unreachable',
    ],
  ])('%s', async (_, listener, outcome) => {
    const { url } = await serve(listener)
    if (outcome === 'date') expect((await read(url)).method).toBe('date')
    else expect((await refusalOf(http(url).measure(context()))).reason).toBe(outcome)
  })

  it('repeats one reply of /clock, as a cache does, is refused', async () => {
    const old = clockBody()
    const { url } = await serve((_request, response) => void response.writeHead(200, json).end(old))
    expect((await refusalOf(read(url))).reason).toBe('mismatched')
  })

  it('repeats one Date, as a cache does, is refused', async () => {
    const date = new Date(host.wallMs() - 300).toUTCString()
    const { url } = await serve((_request, response) => void response.writeHead(200, { date }).end())
    expect((await refusalOf(read(url))).message).toMatch(/a cache answers/)
  })

  it.each([
    ['a header without end', 'HTTP/1.1 200 OK\r\n', 'x: y\r\n'.repeat(100), 'malformed'],
    ['one field without end', 'HTTP/1.1 200 OK\r\nx: ', 'y'.repeat(1000), 'malformed'],
    ['interim answers without end', '', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100), 'malformed'],
    ['something else', 'SSH-2.0-OpenSSH_9.2\r\n', '', 'malformed'],
    [
      'a protocol of its own',
      'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      '',
      'malformed',
    ],
  ])('sends %s', async (_, start, more, reason) => {
    const url = await serveRaw(socket => {
      socket.write(start)
      if (more === '') return
      const write = () => {
        while (!socket.destroyed && socket.write(more));
      }
      socket.on('drain', write)
      write()
    })
    expect((await refusalOf(read(url))).reason).toBe(reason)
  })

  it('sends a body without end has its header believed, and is asked for no more than that', async () => {
    const methods: (string | undefined)[] = []
    const { url } = await serve(({ method }, response) => {
      methods.push(method)
      response.writeHead(200, { ...json, 'x-server-time': new Date(host.wallMs()).toISOString() })
      if (method === 'HEAD') response.end()
      else response.write('['.repeat(1 << 20))
    })
    const clock = await read(url)
    expect(clock.method).toBe('server-time')
    expect(excessMs(clock, 0)).toBeLessThan(readingErrorMs)
    expect(methods).toEqual(['GET', 'HEAD', 'HEAD', 'HEAD'])
  })

  it('does not answer, or goes on for ever, is waited for until the deadline and no longer', async () => {
    const silent = await serveRaw(() => {})
    const dripping = await serveRaw(socket => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n')
      const drip = setInterval(() => socket.write(' '), 10)
      socket.on('close', () => clearInterval(drip))
    })
    for (const url of [silent, dripping]) {
      const late = new Error('late')
      const deadline = new AbortController()
      const measured = http(url).measure({ host, signal: deadline.signal })
      setImmediate(() => deadline.abort(late))
      await expect(measured).rejects.toBe(late)
    }
  })

  it('is not there', async () => {
    const refusal = await refusalOf(read('http://127.0.0.1:1/clock'))
    expect(refusal).toMatchObject({ reason: 'unreachable', message: '127.0.0.1:1: ECONNREFUSED' })
  })
})

function numbers(body: string): RequestListener {
  return (_request, response) => void response.writeHead(200, json).end(body)
}
