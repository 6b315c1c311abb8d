import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startChronyd } from '../../../test/support/chronyd.ts'
import { ShimmedClock } from '../../../test/support/clock-shim.ts'
import { fakedClock } from '../../../test/support/faked-clock.ts'
import { startNginx } from '../../../test/support/nginx.ts'
import { RedisServer } from '../../../test/support/redis-server.ts'
import type { Finding } from '../src/probe/finding.ts'
import { runHere } from './support/here.ts'
import { bin, end, forAllTests, runNode, temporaryDirectory } from './support/processes.ts'
import { startService } from './support/service.ts'

/** This machine's clock is read in whole milliseconds. */
const readingErrorMs = 1

function probe(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return runNode([bin, 'probe', '--timeout', '60', ...args], { cwd: temporaryDirectory(), env })
}

async function findings(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { code, stdout, stderr } = await probe(['--json', ...args], env)
  expect(stderr).toBe('')
  const found: readonly Finding[] = JSON.parse(stdout)
  return { code, found }
}

/** How far the finding is wrong beyond its bound, when the offset is really this. */
function excessMs({ offsetMs, errorMs }: Finding, reallyMs: number): number {
  return Math.abs((offsetMs ?? Number.NaN) - reallyMs) - (errorMs ?? Number.NaN)
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return `http://127.0.0.1:${address.port}`
}

describe('skewproof probe', () => {
  let behind: string
  let right: string
  let ahead: string

  beforeAll(
    forAllTests(async () => {
      behind = (await startService({ offsetSeconds: -150 })).url
      right = (await startService()).url
      ahead = (await startService({ offsetSeconds: 180 })).url
    }),
  )

  it('finds the hosts whose clocks are off, by what each of them says', async () => {
    const nginx = await startNginx('location / { return 200 "hello"; }', fakedClock(7))
    const urls = [behind, `${right}/clock`, `${ahead}/health`, nginx, 'http://127.0.0.1:1']
    const { code, found } = await findings(urls)
    expect(code).toBe(1)
    expect(found.map(({ url }) => url)).toEqual(urls)
    expect(found.map(({ method, status }) => [method, status])).toEqual([
      ['clock', 'beyond'],
      ['clock', 'within'],
      ['server-time', 'beyond'],
      ['date', 'beyond'],
      [null, 'failed'],
    ])
    for (const [index, offsetMs] of [-150_000, 0, 180_000, 7000].entries()) {
      const finding = found[index]
      if (finding === undefined) throw new Error('a finding is missing')
      expect(excessMs(finding, offsetMs)).toBeLessThan(readingErrorMs)
      expect(finding).toMatchObject({ reference: 'wall clock', failure: null })
    }
    expect(found[0]?.claim).toEqual({ status: 'unsynchronized', errorMs: null })
    expect(found[4]).toMatchObject({
      offsetMs: null,
      errorMs: null,
      failure: { reason: 'unreachable', message: '127.0.0.1:1: ECONNREFUSED' },
    })
  })

  it('exits with 0 when all are within the threshold, and with 1 when one is surely not', async () => {
    const { url } = await startService({ offsetSeconds: 2, args: ['--source', 'system'] })
    const narrow = await findings([url])
    expect(narrow).toMatchObject({ code: 1, found: [{ status: 'beyond' }] })
    expect(narrow.found[0]?.claim).toMatchObject({ status: 'synchronized', errorMs: expect.any(Number) })
    expect(await findings([url, '--threshold', '10s'])).toMatchObject({
      code: 0,
      found: [{ status: 'within' }],
    })
  })

  it('accuses nobody of what its own bound cannot tell', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'x-server-time': new Date().toISOString() }).end()
    })
    expect(await findings([url, '--threshold', '0ms'])).toMatchObject({
      code: 0,
      found: [{ status: 'uncertain' }],
    })
  })

  it('measures from true time where there is a source, whatever the wall clock says', async () => {
    const chronyd = await startChronyd({ localStratum: 1 })
    const source = ['--source', `sntp:127.0.0.1:${chronyd.port}`]
    const wrong = await startChronyd({ localStratum: 1, offsetMs: 2500 })
    const urls = [right, `sntp:127.0.0.1:${wrong.port}`]
    const { code, found } = await findings([...source, ...urls], fakedClock(180))
    expect(code).toBe(1)
    expect(found).toMatchObject([
      { method: 'clock', status: 'within', reference: 'true time' },
      { method: 'sntp', status: 'beyond', reference: 'true time' },
    ])
    for (const [index, offsetMs] of [0, 2500].entries()) {
      const finding = found[index]
      if (finding === undefined) throw new Error('a finding is missing')
      expect(excessMs(finding, offsetMs)).toBeLessThan(readingErrorMs)
    }
  })

  it('shows a table, and what the offsets are from', async () => {
    const { code, stdout, stderr } = await probe([behind, 'http://127.0.0.1:1/'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toMatch(/^Offsets from this host's wall clock, of which nothing is known/)
    expect(stdout).toMatch(/^host +offset +bound +method +status +note$/m)
    expect(stdout).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+ +-150 s +[\d.]+ [um]s +clock +beyond +says it is unsynchronized$/m,
    )
    expect(stdout).toMatch(/^http:.* - +- +- +failed +unreachable: 127\.0\.0\.1:1: ECONNREFUSED$/m)
    const known = await probe([behind, '--source', 'system'])
    expect(known.stdout).toMatch(/^Offsets from true time, which this host knows to 1\d\d ms/)
  })

  it('measures the clock of Redis, and shows no password', async () => {
    const clock = new ShimmedClock(temporaryDirectory(), -2500)
    const server = await RedisServer.start({ env: clock.environment })
    onTestFinished(() => server.end())
    await server.command('CONFIG', 'SET', 'requirepass', 'secret')
    const { code, found } = await findings([server.url.replace('//', '//:secret@')])
    expect(code).toBe(1)
    expect(found).toMatchObject([{ url: server.url, method: 'redis', status: 'beyond' }])
    expect(found.map(finding => excessMs(finding, -2500) < readingErrorMs)).toEqual([true])
  })

  it('asks many at once, but no more than it is told', async () => {
    let asking = 0
    let most = 0
    const url = await serve((_request, response) => {
      asking += 1
      most = Math.max(most, asking)
      setTimeout(() => {
        asking -= 1
        response.writeHead(200, { 'x-server-time': new Date().toISOString() }).end()
      }, 20)
    })
    const urls = Array.from({ length: 30 }, (_, index) => `${url}/${index}`)
    const { found } = await findings([...urls, '--concurrency', '3'])
    expect(found.map(finding => finding.url)).toEqual(urls)
    expect(most).toBe(3)
  })

  it('says what is wrong with hosts that do not answer as they should', async () => {
    const silent = await serve(() => {})
    const moved = await serve((_request, response) => {
      response.writeHead(301, { location: 'https://elsewhere.test/\u009b31m' }).end()
    })
    const cached = await serve((_request, response) => {
      response.writeHead(200, { age: '60' }).end()
    })
    const { code, found } = await findings(['--timeout', '1', silent, moved, cached])
    expect(code).toBe(1)
    expect(found.map(({ failure }) => failure?.reason)).toEqual(['timeout', 'unsupported', 'mismatched'])
    expect(found.map(({ failure }) => failure?.message.replace(/:\d+/, ''))).toEqual([
      'no answer in time',
      '127.0.0.1 redirects to https://elsewhere.test/%C2%9B31m; ask that address instead',
      'the answer of 127.0.0.1 comes from a cache',
    ])
  })

  it('shows its progress on a terminal', async () => {
    const command = `${process.execPath} ${bin} probe --source none ${right} ${right}/health`
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: temporaryDirectory(),
      env: { ...process.env, TERM: 'xterm' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    onTestFinished(() => end(child))
    let output = ''
    child.stdout.on('data', chunk => {
      output += String(chunk)
    })
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    expect(output).toContain('\r1 of 2 hosts\r\u001b[KOffsets from')
  })

  it.each([
    [[], /missing required argument 'url'/],
    [['example.com'], /source: 'example.com' is not known; use .*https:/],
    [['ftp://example.com'], /is not known/],
    [['https://'], /url: 'https:\/\/' is not a URL/],
    [['https://user:secret@example.com'], /url: a URL with a password in it cannot be used/],
    [['https://example.com', '--threshold', 'some'], /threshold: 'some' is not a duration/],
    [['https://example.com', '--timeout', '0'], /number of seconds up to 3600/],
    [['https://example.com', '--concurrency', '0'], /whole number from 1 to 1000/],
    [['https://example.com', '--source', 'sundial'], /source: 'sundial' is not known/],
    [
      ['http://127.0.0.1:1', '--source', 'sntp:127.0.0.1:1'],
      /--source: nothing says what time it is \(sntp:127\.0\.0\.1:1 is 127\.0\.0\.1:1: ECONNREFUSED\)/,
    ],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await runHere(['probe', ...args], { cwd: temporaryDirectory() })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('secret')
  })
})
