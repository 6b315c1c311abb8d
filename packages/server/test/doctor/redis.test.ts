import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fakedClock } from '../../../../test/support/faked-clock.ts'
import { RedisServer } from '../../../../test/support/redis-server.ts'
import { type Examination, examine } from '../support/examine.ts'
import { runHere } from '../support/here.ts'
import { type Finished, freePort, temporaryDirectory } from '../support/processes.ts'
import { runCommand } from '../support/service.ts'

async function startRedis(...args: readonly string[]): Promise<RedisServer> {
  const server = await RedisServer.start({ args })
  onTestFinished(() => server.end())
  return server
}

const statusOf = ({ checks }: Examination) =>
  Object.fromEntries(
    checks.filter(({ id }) => id.startsWith('redis.')).map(({ id, status }) => [id.slice(6), status]),
  )

const good = {
  reachable: 'pass',
  version: 'pass',
  clock: expect.stringMatching(/pass|warn/),
  eviction: 'pass',
  persistence: 'pass',
}

describe('Redis', () => {
  it('that is right passes', async () => {
    const server = await startRedis('--appendonly', 'yes')
    const examined = await examine(['--redis', server.url])
    expect(statusOf(examined)).toEqual(good)
    expect(examined.check('redis.clock')?.message).toMatch(/^its clock is .* ours, ± /)
  })

  it.each([
    ['eviction', 'fail', ['--appendonly', 'yes', '--maxmemory', '1gb', '--maxmemory-policy', 'allkeys-lru']],
    ['eviction', 'warn', ['--appendonly', 'yes', '--maxmemory-policy', 'volatile-lru']],
    ['persistence', 'fail', ['--appendonly', 'no']],
    ['persistence', 'warn', ['--appendonly', 'no', '--save', '3600 1']],
    ['persistence', 'skip', ['--appendonly', 'no', '--rename-command', 'CONFIG', '']],
    ['version', 'skip', ['--appendonly', 'yes', '--rename-command', 'INFO', '']],
    ['clock', 'skip', ['--appendonly', 'yes', '--rename-command', 'TIME', '']],
  ])('%s: %s when it is started with %j', async (name, status, args) => {
    const server = await startRedis(...args)
    const examined = await examine(['--redis', server.url])
    expect(statusOf(examined)[name]).toBe(status)
    expect(examined.check(`redis.${name}`)?.fix).toBeTruthy()
    expect(examined.check('redis.reachable')?.status).toBe('pass')
  })

  it('whose clock and ours are apart', async () => {
    const server = await startRedis('--appendonly', 'yes')
    const examined = await examine(['--redis', server.url], { env: fakedClock(-90) })
    expect(statusOf(examined)).toEqual({ ...good, clock: 'fail' })
    expect(examined.check('redis.clock')?.message).toMatch(/^its clock is 1m (29|30|31)s ahead of ours/)
  })

  it('with a password, which is never shown', async () => {
    const server = await startRedis('--appendonly', 'yes')
    await server.command('CONFIG', 'SET', 'requirepass', 'hunter2')
    const without = await examine(['--redis', server.url])
    expect(without.check('redis.reachable')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('wants a password'),
    })
    const url = (password: string) => server.url.replace('//', `//:${password}@`)
    const wrong = await examine(['--redis', url('hunter3')])
    expect(wrong.check('redis.reachable')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('does not accept'),
    })
    const right = await examine(['--redis', url('hunter2')])
    expect(statusOf(right)).toEqual(good)
    const file = join(temporaryDirectory(), 'password')
    writeFileSync(file, 'hunter2\n', { mode: 0o600 })
    expect(statusOf(await examine(['--redis', server.url, '--redis-password-file', file]))).toEqual(good)
    expect(JSON.stringify([wrong, right])).not.toMatch(/hunter/)
  })

  it('that gives this user few rights', async () => {
    const server = await startRedis('--appendonly', 'no')
    await server.command('ACL', 'SETUSER', 'guest', 'on', '>guest', '+ping', '+time')
    const examined = await examine(['--redis', server.url.replace('//', '//guest:guest@')])
    expect(statusOf(examined)).toEqual({
      ...good,
      version: 'skip',
      eviction: 'skip',
      persistence: 'skip',
    })
  })

  it('that is not there', async () => {
    const examined = await examine(['--redis', `redis://127.0.0.1:${await freePort()}`])
    expect(statusOf(examined)).toEqual({ reachable: 'fail' })
    expect(examined.check('redis.reachable')?.message).toContain('ECONNREFUSED')
  })
})

describe('what is not Redis', () => {
  async function serve(answer: string): Promise<string> {
    const server = createServer(socket => {
      socket.on('error', () => {})
      socket.on('data', () => socket.write(answer))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.close()
    })
    const address = server.address()
    return `redis://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : ''}`
  }

  const examineBriefly = (url: string) => ['doctor', '--json', '--timeout', '2', '--redis', url]

  function expectUnreachable({ code, stdout, stderr }: Finished): void {
    expect([code, stderr]).toEqual([1, ''])
    expect(JSON.parse(stdout).checks).toContainEqual(
      expect.objectContaining({ id: 'redis.reachable', status: 'fail' }),
    )
  }

  it.each([
    ['is silent', ''],
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['answers with nonsense', '$-5\r\n*-7\r\n'],
    ['answers all with OK', '+OK\r\n'],
    ['never ends its answer', `$999999999\r\n${'x'.repeat(100)}`],
  ])('and %s: the deadline holds', async (_name, answer) => {
    const args = examineBriefly(await serve(answer))
    expectUnreachable(await runHere(args, { cwd: temporaryDirectory() }))
  })

  it('and never ends its answer: the process ends all the same', async () => {
    const args = examineBriefly(await serve(`$999999999\r\n${'x'.repeat(100)}`))
    expectUnreachable(await runCommand(args, { cwd: temporaryDirectory() }))
  })
})

describe('wrong use', () => {
  it.each(['hunter2', 'http://:hunter2@localhost', 'redis://'])('%s, which is not repeated', async url => {
    const { code, stdout, stderr } = await runHere(['doctor', '--redis', url], {
      cwd: temporaryDirectory(),
    })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^skewproof: --redis: use redis:/)
    expect(stderr).not.toContain('hunter2')
  })
})
