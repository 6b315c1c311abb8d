import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Examination, examine } from '../support/examine.ts'
import { runHere } from '../support/here.ts'
import { forAllTests, freePort, temporaryDirectory } from '../support/processes.ts'
import { runCommand, type Service, startService } from '../support/service.ts'

/** Something that answers instead of the service. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : ''}`
}

const statusOf = ({ checks }: Examination) =>
  Object.fromEntries(
    checks.filter(({ id }) => id.startsWith('service.')).map(({ id, status }) => [id.slice(8), status]),
  )

const credentialsIn = (directory: string) => join(directory, '.skewproof/credentials.json')

describe('the service', () => {
  let service: Service

  beforeAll(
    forAllTests(async () => {
      service = await startService({ args: ['--source', 'system'] })
    }),
  )

  it('that is right passes, and is left no token', async () => {
    const examined = await examine(['--url', service.url, '--credentials', credentialsIn(service.directory)])
    expect(statusOf(examined)).toEqual({
      reachable: 'pass',
      health: 'pass',
      'server-time': 'pass',
      clock: 'pass',
      offset: expect.stringMatching(/pass|warn/),
      'expires-in': 'pass',
    })
    expect(examined.check('service.offset')?.message).toMatch(/^its clock is .* ours, ± .*/)
    expect(JSON.stringify(examined)).not.toContain(service.credentials.client_secret)
  })

  it('whose clock is wrong, without sources, and asked without credentials', async () => {
    const { url } = await startService({ offsetSeconds: -150 })
    const examined = await examine(['--url', url])
    expect(examined.ok).toBe(false)
    expect(statusOf(examined)).toMatchObject({ clock: 'warn', offset: 'fail', 'expires-in': 'skip' })
    expect(examined.check('service.offset')?.message).toMatch(/^its clock is 2m (29|30|31)s behind ours/)
  })

  it('that is not there', async () => {
    const examined = await examine(['--url', `http://127.0.0.1:${await freePort()}`])
    expect(statusOf(examined)).toEqual({ reachable: 'fail' })
    expect(examined.check('service.reachable')?.message).toContain('ECONNREFUSED')
  })

  it('that does not accept the credentials', async () => {
    const path = join(temporaryDirectory(), 'other.json')
    writeFileSync(path, JSON.stringify({ client_id: 'nobody', client_secret: 'hunter2' }))
    const examined = await examine(['--url', service.url, '--credentials', path])
    expect(examined.check('service.expires-in')).toMatchObject({
      status: 'fail',
      message: 'it does not accept the credentials',
    })
    expect(JSON.stringify(examined)).not.toContain('hunter2')
  })
})

describe('a server that is not the service', () => {
  it('and sends no X-Server-Time: its Date tells the offset', async () => {
    const url = await serve((_request, response) => response.end('{"status": "ok"}'))
    const examined = await examine(['--url', url])
    expect(statusOf(examined)).toMatchObject({
      health: 'pass',
      'server-time': 'fail',
      offset: expect.stringMatching(/pass|warn/),
    })
    expect(examined.check('service.offset')?.message).toMatch(/^its clock is .* ours, ± /)
  })

  it.each<[string, RequestListener, RegExp]>([
    ['has no /health', (_request, response) => response.writeHead(404).end(), /it has no \/health/],
    ['answers with a page', (_request, response) => response.end('<html>'), /not as Skewproof does/],
    ['answers with 5', (_request, response) => response.end('5'), /not as Skewproof does/],
    [
      'never ends its answer',
      ({ method }, response) => {
        const more = (): void => {
          while (response.write(' '.repeat(65_536)));
        }
        response.on('drain', more)
        // Of a body that is not sent, any amount can be written.
        if (method === 'GET') more()
        else response.end()
      },
      /not as Skewproof does/,
    ],
    [
      'redirects',
      (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /does not answer: unexpected redirect/,
    ],
    [
      'breaks off',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{')
        setImmediate(() => response.destroy())
      },
      /does not answer/,
    ],
  ])('and %s', async (_name, listener, message) => {
    const examined = await examine(['--url', await serve(listener)])
    expect(examined.ok).toBe(false)
    expect(examined.checks.map(check => check.message).join('\n')).toMatch(message)
  })

  it('and gives tokens that end at an instant', async () => {
    const url = await serve((request, response) => {
      const token = '{"access_token": "x", "expires_at": 1800000000}'
      response.end(request.url === '/oauth2/token' ? token : '{"status": "ok"}')
    })
    const path = join(temporaryDirectory(), 'credentials.json')
    writeFileSync(path, JSON.stringify({ client_id: 'a', client_secret: 'b' }))
    const examined = await examine(['--url', url, '--credentials', path])
    expect(examined.check('service.expires-in')).toMatchObject({
      status: 'fail',
      message: 'a token comes without expires_in',
    })
  })

  it('and is silent: the deadline holds', async () => {
    const url = await serve(() => {})
    const { code, stdout } = await runCommand(['doctor', '--json', '--timeout', '1', '--url', url], {
      cwd: temporaryDirectory(),
    })
    expect(code).toBe(1)
    expect(JSON.parse(stdout).checks).toContainEqual(
      expect.objectContaining({
        id: 'service.reachable',
        status: 'fail',
        message: expect.stringContaining('no answer in time'),
      }),
    )
  })
})

describe('wrong use', () => {
  it.each([
    [['--url', 'ftp://x'], /is not an http address/],
    [['--url', 'http://127.0.0.1:1', '--credentials', 'missing.json'], /cannot be read from missing.json/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runHere(['doctor', ...args], { cwd: temporaryDirectory() })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
  })
})
