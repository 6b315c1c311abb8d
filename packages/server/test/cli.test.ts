import { once } from 'node:events'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { generateKey, signJws } from 'skewproof'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { runHere } from './support/here.ts'
import { bin, forAllTests, freePort, startNode, temporaryDirectory } from './support/processes.ts'
import { runCommand, type Service, startService } from './support/service.ts'

const key = generateKey('ES256')

function token(claims: object): string {
  return signJws(key, Buffer.from(JSON.stringify(claims)), 'JWT')
}

function now(): number {
  return Math.floor(performance.timeOrigin / 1000 + performance.now() / 1000)
}

/** Wrong use: exit code 2, nothing on standard output, one line for a person, no stack. */
async function expectWrongUse(
  args: readonly string[],
  message: RegExp,
  setUp: (directory: string) => void = () => {},
): Promise<void> {
  const cwd = temporaryDirectory()
  setUp(cwd)
  const { code, stdout, stderr } = await runHere(args, { cwd })
  expect({ args, code, stdout, stderr }).toMatchObject({ code: 2, stdout: '' })
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/^\s+at /m)
  expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(2)
}

it.each([['--help'], ['clock', '--source', 'system']])(
  'does not mind that nobody reads %s',
  async (...args) => {
    const child = startNode([bin, ...args], { cwd: temporaryDirectory() })
    child.stdout?.destroy()
    let stderr = ''
    child.stderr?.on('data', chunk => {
      stderr += String(chunk)
    })
    const [code] = await once(child, 'close')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  },
)

describe('wrong use', () => {
  it.each([
    [['serve', '--nonsense']],
    [['serve', '--clock-tolerance', '2m']],
    [['token', 'verify', 'x', '--url', 'http://127.0.0.1:1']],
  ])('%j: ends a process of its own in the same way', async args => {
    const cwd = temporaryDirectory()
    expect(await runCommand(args, { cwd })).toEqual(await runHere(args, { cwd }))
  })

  it.each([
    [['serve', '--port', '99999'], /whole number from 0 to 65535/],
    [['serve', '--workers', '0'], /whole number from 1 to 256/],
    [['serve', '--nonsense'], /unknown option/],
    [['nonsense'], /unknown command/],
    [['serve', '--clock-tolerance', '2m'], /clockTolerance: '2m' is out of range/],
    [['serve', '--max-expires-in', 'soon'], /maxExpiresIn: 'soon' is not a duration/],
    [['serve', '--algorithm', 'none'], /algorithm: use one of ES256/],
    [['serve', '--port', '0'], /give --issuer/],
    [['serve', '--host', '203.0.113.1', '--port', '18787'], /no address of this machine/],
    [['serve', '--source', 'sundial'], /source: 'sundial' is not known; use .*system/],
    [['token', 'issue'], /--sub/],
    [['token', 'issue', '--sub', 'a', '--url', 'http://127.0.0.1:1'], /credentials cannot be read/],
    [['token', 'verify', 'x', '--url', 'http://127.0.0.1:1'], /cannot be reached; is it running/],
    [['token', 'verify', 'x', '--url', 'ftp://x'], /is not an http address/],
    [['token', 'verify', 'x', '--timeout', 'long'], /--timeout/],
    [['token', 'revoke'], /give one of/],
    [['token', 'revoke', 'x', '--sub', 'a'], /give one of/],
    [['token', 'issue', '--sub', 'a', '--expires-in', '1h'], /whole number of seconds/],
    [['explain', ''], /there is no token/],
    [['explain', token({}), '--key', 'missing.pem'], /key file missing.pem cannot be read/],
    [['explain', token({}), '--jwks', 'http://example.test/x'], /use https/],
    [['serve', '--config', 'missing.json'], /configuration file missing.json cannot be read/],
  ])('%j', async (args, message) => {
    await expectWrongUse(args, message)
  })

  it.each([
    ['not JSON', '{', /is not a JSON object/],
    ['a list', '[]', /is not a JSON object/],
    ['an unknown key', '{"prot": 1}', /unknown key "prot"/],
    ['a value of the wrong type', '{"port": {}}', /must be a string or a number/],
    ['a bad value', '{"port": "many"}', /whole number/],
    ['a key of another command, and a bad value', '{"timeout": 3, "port": "many"}', /whole number/],
  ])('a configuration file with %s', async (_name, text, message) => {
    await expectWrongUse(['serve'], message, directory =>
      writeFileSync(join(directory, 'skewproof.config.json'), text),
    )
  })

  it.each([
    ['is a file', /cannot be written/, (path: string) => writeFileSync(path, 'x')],
    [
      'holds a store that is a file',
      /is not a directory/,
      (path: string) => {
        mkdirSync(path)
        writeFileSync(join(path, 'store'), 'x')
      },
    ],
    [
      'holds garbage',
      /is damaged.*restore it from a backup/,
      (path: string) => {
        mkdirSync(join(path, 'store'), { recursive: true })
        writeFileSync(join(path, 'store/data.mdb'), Buffer.alloc(20_000, 7))
      },
    ],
    [
      'holds an empty data file',
      /is damaged/,
      (path: string) => {
        mkdirSync(join(path, 'store'), { recursive: true })
        writeFileSync(join(path, 'store/data.mdb'), '')
      },
    ],
  ])('a data directory that %s', async (_name, message, damage) => {
    await expectWrongUse(['serve', '--data-dir', 'data'], message, directory =>
      damage(join(directory, 'data')),
    )
  })

  it('a data file that was truncated', async () => {
    const service = await startService()
    await service.stop()
    truncateSync(join(service.directory, '.skewproof/store/data.mdb'), 12_000)
    const again = await runCommand(['serve', '--port', '0', '--issuer', 'https://x.test'], {
      cwd: service.directory,
    })
    expect(again).toMatchObject({ code: 2, stdout: '' })
    expect(again.stderr).toMatch(/it is truncated; restore it from a backup/)
  })

  it('a port that is in use, with one process and with several', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    onTestFinished(() => {
      taken.close()
    })
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? String(address.port) : ''
    for (const workers of ['1', '2']) {
      const args = ['serve', '--port', port, '--workers', workers]
      const { code, stderr } = await runCommand(args, { cwd: temporaryDirectory() })
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining(`port ${port} on 127.0.0.1 is in use; choose another`),
      ])
      expect(stderr.split('in use')).toHaveLength(2)
    }
  })
})

describe('configuration', () => {
  it('comes from flags, then the environment, then the file, then defaults', async () => {
    const directory = temporaryDirectory()
    const [port, environmentPort, filePort] = [await freePort(), await freePort(), await freePort()]
    writeFileSync(
      join(directory, 'skewproof.config.json'),
      JSON.stringify({ port: filePort, issuer: 'https://file.test', algorithm: 'EdDSA' }),
    )
    const env = { SKEWPROOF_PORT: String(environmentPort), SKEWPROOF_ISSUER: 'https://environment.test' }
    const service = await startService({ directory, port, env })
    const metadata = (await service.request('GET', '/.well-known/oauth-authorization-server')).body
    expect(metadata.issuer).toBe('https://environment.test')
    const { keys } = (await service.request('GET', '/.well-known/jwks.json')).body
    expect(keys).toMatchObject([{ alg: 'EdDSA' }])
    const { access_token: token, expires_in: expiresIn } = (await service.issue({ sub: 'alice' })).body
    expect([(await service.forwardAuth(token)).status, expiresIn]).toEqual([200, 3600])
  })
})

describe('explain', () => {
  const claims = { iss: 'x', iat: now() - 10, exp: now() + 3600 }

  it('reads an argument, a file and standard input', async () => {
    const cwd = temporaryDirectory()
    const text = token(claims)
    writeFileSync(join(cwd, 'token.txt'), `Bearer ${text}\n`)
    const outputs = [
      await runCommand(['explain', text, '--json'], { cwd }),
      await runCommand(['explain', 'token.txt', '--json'], { cwd }),
      await runCommand(['explain', '--json'], { cwd, input: `${text}\n` }),
      await runCommand(['explain', '-', '--json'], { cwd, input: `Authorization: Bearer ${text}` }),
    ]
    for (const { code, stdout } of outputs) {
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({
        claims,
        signature: 'unchecked',
        clock: { status: 'unsynchronized' },
      })
    }
  })

  it('checks the signature when it is given the key', async () => {
    const cwd = temporaryDirectory()
    const { verifyWith } = key
    writeFileSync(join(cwd, 'key.pem'), verifyWith.export({ type: 'spki', format: 'pem' }))
    writeFileSync(join(cwd, 'key.json'), JSON.stringify(verifyWith.export({ format: 'jwk' })))
    writeFileSync(
      join(cwd, 'wrong.pem'),
      generateKey('ES256').verifyWith.export({ type: 'spki', format: 'pem' }),
    )
    const run = async (file: string) => runHere(['explain', signed, '--json', '--key', file], { cwd })
    const signed = signJws(key, Buffer.from(JSON.stringify(claims)), 'JWT')
    for (const file of ['key.pem', 'key.json']) {
      const { code, stdout } = await run(file)
      expect([code, JSON.parse(stdout).signature]).toEqual([0, 'valid'])
    }
    const { code, stdout } = await run('wrong.pem')
    expect([code, JSON.parse(stdout).signature]).toEqual([1, 'invalid'])
  })

  it.each([
    [{ iat: -7200, exp: -3600 }, 'expired'],
    [{ iat: 7200, exp: 9000 }, 'not_yet_valid'],
    [{ nbf: 7200, exp: 9000 }, 'not_yet_valid'],
    [{ exp: 10 }, 'ambiguous'],
  ])('of a token with %j seconds from now says %s', async (offsets, verdict) => {
    const times = Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [name, now() + offset]))
    const { stdout } = await runHere(['explain', token(times), '--json'], { cwd: temporaryDirectory() })
    const result = JSON.parse(stdout)
    expect(result.verdict).toBe(verdict)
    expect(result.policies.length).toBeGreaterThan(8)
    for (const reason of result.reasons) {
      expect(reason).toEqual({
        claim: expect.any(String),
        byMs: expect.any(Number),
        culprit: expect.any(String),
        message: expect.any(String),
      })
    }
  })

  it.each(['x', 'a.b.c', token({ exp: 'soon' }), token({ iat: 5, exp: 5 })])(
    'of what is no token finds that: %#',
    async text => {
      const { code, stdout, stderr } = await runHere(['explain', text, '--json'], {
        cwd: temporaryDirectory(),
      })
      expect([code, stderr, JSON.parse(stdout).verdict]).toEqual([1, '', 'malformed'])
    },
  )
})

describe('commands that ask a service', () => {
  let service: Service

  beforeAll(
    forAllTests(async () => {
      service = await startService()
    }),
  )

  const run = (...args: string[]) => runHere([...args, '--url', service.url], { cwd: service.directory })

  it('answer with the JSON that scripts rely on', async () => {
    const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout)
    const issued = await json(
      'token',
      'issue',
      '--sub',
      'alice',
      '--expires-in',
      '600',
      '--scope',
      'a b',
      '--refresh',
    )
    expect(issued).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      jti: expect.any(String),
      scope: 'a b',
      refresh_token: expect.any(String),
    })
    expect(await json('token', 'verify', issued.access_token)).toEqual({ accepted: true })
    expect(await json('token', 'revoke', issued.jti)).toEqual({ revoked: true, durability: 'durable' })
    expect(await json('token', 'revoke', '--sub', 'alice')).toMatchObject({ revoked: true })
    expect(await json('token', 'revoke', '--issued-before', '5')).toMatchObject({ revoked: true })
    expect(await json('keys', 'list')).toEqual([
      { kid: expect.any(String), alg: 'ES256', state: 'signing', signs_in: 0 },
    ])
    expect(await json('keys', 'rotate', '--compromised')).toMatchObject([{ state: 'signing' }])
  })

  it('say when the credentials are another service’s', async () => {
    writeFileSync(
      join(service.directory, 'other.json'),
      JSON.stringify({ client_id: 'x', client_secret: 'y' }),
    )
    expect(await run('keys', 'list', '--credentials', 'other.json')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('does not accept the credentials'),
    })
  })
})

describe('an unwritable directory', () => {
  it('is named', async () => {
    // Root may write everywhere but into the kernel's own file systems.
    const cwd = temporaryDirectory()
    const { code, stderr } = await runCommand(['serve', '--data-dir', '/sys/kernel/skewproof'], { cwd })
    expect([code, stderr]).toEqual([2, expect.stringContaining('/sys/kernel/skewproof cannot be written')])
  })
})
