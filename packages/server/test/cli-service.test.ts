import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { generateKey, signJws } from 'skewproof'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runHere } from './support/here.ts'
import { type Finished, temporaryDirectory } from './support/processes.ts'
import { runCommand, startService } from './support/service.ts'

/** The command, talking to something that is not quite the service. */
async function askOther(listener: RequestListener, ...args: string[]): Promise<Finished> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : ''}`
  const cwd = temporaryDirectory()
  mkdirSync(join(cwd, '.skewproof'))
  const credentials = JSON.stringify({ client_id: 'a', client_secret: 'b' })
  writeFileSync(join(cwd, '.skewproof/credentials.json'), credentials)
  return runHere([...args, '--url', url], { cwd })
}

describe('a command that asks something else than the service', () => {
  const cases: [string, RequestListener, RegExp][] = [
    ['a web page', (_request, response) => response.end('<html>'), /does not answer as Skewproof does/],
    ['another JSON', (_request, response) => response.end('5'), /does not answer as Skewproof does/],
    [
      'a redirect',
      (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /cannot be reached/,
    ],
    [
      'an answer without an end',
      (_request, response) => {
        const chunk = Buffer.alloc(65_536, ' ')
        const more = (): void => {
          while (response.write(chunk));
        }
        response.on('drain', more)
        more()
      },
      /is too large/,
    ],
    [
      'an answer that breaks off',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{')
        setImmediate(() => response.destroy())
      },
      /has not finished its answer/,
    ],
    ['silence', () => {}, /cannot be reached/],
    [
      'what a terminal would obey',
      (_request, response) => response.writeHead(400).end('{"detail":"\\u001b[2J\\nskewproof: all is well"}'),
      /^skewproof: the service refused: {2}\[2J skewproof: all is well\n$/,
    ],
  ]

  it.each(cases)('%s: says so in one line', async (_name, listener, message) => {
    for (const args of [
      ['token', 'issue', '--sub', 'alice'],
      ['keys', 'list', '--json'],
    ]) {
      const { code, stdout, stderr } = await askOther(listener, ...args, '--timeout', '1')
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(message)
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    }
  })
})

describe('credentials', () => {
  it('that cannot be written are reported, and can be made later', async () => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, '.skewproof/credentials.json'), { recursive: true })
    const args = ['serve', '--port', '0', '--issuer', 'https://auth.example.test']
    const refused = await runCommand(args, { cwd: directory })
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--reset-credentials') })
    expect(readdirSync(join(directory, '.skewproof')).sort()).toEqual(['credentials.json', 'store'])

    const elsewhere = temporaryDirectory()
    const first = await startService({ directory: elsewhere })
    const earlier = first.credentials
    await first.stop()
    const port = Number(new URL(first.url).port)
    const second = await startService({ directory: elsewhere, port, args: ['--reset-credentials'] })
    expect(second.credentials).not.toEqual(earlier)
    expect((await second.issue({ sub: 'alice' })).status).toBe(200)
  })
})

describe('a hostile token', () => {
  const key = generateKey('ES256')
  const sign = (payload: string) => signJws(key, Buffer.from(payload), 'JWT')
  const header = Buffer.from('{"alg":"\u001b[2J","kid":"\u001b[2J"}').toString('base64url')

  it.each([
    ['names an algorithm that a terminal would obey', `${header}.e30.AAAA`],
    ['has claims that a terminal would obey', sign('{"sub":"\u001b[2J","exp":"\u001b[2J"}')],
    ['is nested deeply', sign(`{"x":${'['.repeat(2000)}${']'.repeat(2000)}}`)],
    [
      'overrides what objects inherit',
      sign('{"__proto__":{"exp":1},"toString":1,"constructor":{"prototype":1}}'),
    ],
  ])('that %s is explained like any other', async (_name, token) => {
    const { code, stdout, stderr } = await runHere(['explain', token], { cwd: temporaryDirectory() })
    expect([0, 1]).toContain(code)
    expect(stderr).toBe('')
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u)
  })
})
