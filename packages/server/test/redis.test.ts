import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { ShimmedClock } from '../../../test/support/clock-shim.ts'
import { startRedisClusterForTest } from '../../../test/support/redis-cluster.ts'
import { primaryName, startSentinelFleet } from '../../../test/support/redis-fleet.ts'
import { RedisServer, type RedisServerOptions } from '../../../test/support/redis-server.ts'
import { startFleet } from './support/fleet.ts'
import { runHere } from './support/here.ts'
import { atEnd, eventually, forAllTests, temporaryDirectory } from './support/processes.ts'
import { type Service, startService } from './support/service.ts'

vi.setConfig({ testTimeout: 180_000 })

async function startRedis(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await RedisServer.start(options)
  atEnd(() => server.end())
  return server
}

const isRevoked = { status: 401, body: { code: 'ERR_TOKEN_REVOKED' } }

describe('five services whose clocks are off by -150, 0, 0, +180 and 0 s, over a Redis that is off by 40 s', () => {
  let services: readonly Service[]

  beforeAll(
    forAllTests(async () => {
      const redis = await startRedis({ env: new ShimmedClock(temporaryDirectory(), 40_000).environment })
      services = await startFleet('--redis', redis.url)
    }),
  )

  it('accept what any of them issued, and refuse what any of them revoked', async () => {
    for (const [number, issuing] of services.entries()) {
      const { access_token: token, jti } = (await issuing.issue({ sub: 'alice' })).body
      for (const service of services) {
        // Twice: as it was first seen, and from the cache.
        expect(await service.forwardAuth(token)).toMatchObject({ status: 200 })
        expect(await service.forwardAuth(token)).toMatchObject({ status: 200 })
        expect((await service.introspect(token)).body.active).toBe(true)
      }
      const revoking = services[(number + 2) % services.length]
      await revoking?.revoke({ jti })
      expect(await revoking?.forwardAuth(token)).toMatchObject(isRevoked)
      for (const service of services) {
        await eventually(async () => expect(await service.forwardAuth(token)).toMatchObject(isRevoked))
        expect((await service.introspect(token)).body).toEqual({ active: false })
      }
    }
  })

  it('share keys, sessions and clients', async () => {
    const session = (await services[3]?.issue({ sub: 'bob', refresh: true }))?.body
    const refresh = (service: Service | undefined, token: string) =>
      service?.request('POST', '/oauth2/token', undefined, {
        form: { grant_type: 'refresh_token', refresh_token: token },
      })
    // Two tabs, fifty requests, five processes.
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, number) => refresh(services[number % 5], session.refresh_token)),
    )
    expect(new Set(answers.map(answer => answer?.status))).toEqual(new Set([200]))
    expect(new Set(answers.map(answer => answer?.body.refresh_token)).size).toBe(1)
    await services[1]?.revoke({ sub: 'bob' })
    for (const [number, service] of services.entries()) {
      const token = answers[number]?.body.access_token
      await eventually(async () => expect(await service.forwardAuth(token)).toMatchObject(isRevoked))
    }
    expect((await refresh(services[4], answers[0]?.body.refresh_token))?.body.error).toBe('invalid_grant')

    await services[2]?.request('POST', '/v1/keys/rotations', services[2]?.basic, {
      json: { compromised: true },
    })
    const keysOf = async (service: Service) =>
      (await service.request('GET', '/.well-known/jwks.json')).body.keys.map(
        (key: { kid: string }) => key.kid,
      )
    await eventually(async () => {
      const all = await Promise.all(services.map(keysOf))
      expect(new Set(all.flat()).size).toBe(1)
    })
  })
})

describe('skewproof serve --redis', () => {
  let usedRedis: RedisServer
  let itsService: Service

  beforeAll(
    forAllTests(async () => {
      usedRedis = await startRedis()
      itsService = await startService({ args: ['--redis', usedRedis.url, '--max-staleness', '250ms'] })
    }),
  )

  it('says how stale an answer can be', async () => {
    expect((await itsService.request('GET', '/health')).body.store).toEqual({ maxStalenessMs: 250 })
  })

  it('finds the primary by Sentinels, and says what it waits for', async () => {
    const fleet = await startSentinelFleet(1, 1)
    const sentinel = `${primaryName}@${fleet.sentinels.join(',')}`
    const service = await startService({ args: ['--redis-sentinel', sentinel, '--redis-replicas', '1'] })
    const { access_token: token, jti } = (await service.issue({ sub: 'alice' })).body
    expect((await service.forwardAuth(token)).status).toBe(200)
    expect((await service.revoke({ jti })).body.durability).toBe('replicated')
    expect(await service.forwardAuth(token)).toMatchObject(isRevoked)
  })

  it('spreads over a cluster', async () => {
    const cluster = await startRedisClusterForTest({ primaries: 3, replicasOfEach: 0 })
    const service = await startService({ args: ['--redis-cluster', cluster.nodes.slice(0, 2).join(',')] })
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, number) => service.issue({ sub: `user ${number}` })),
    )
    const [first] = tokens
    await service.revoke({ jti: first?.body.jti })
    for (const answer of tokens) {
      const expected = answer === first ? isRevoked : { status: 200 }
      expect(await service.forwardAuth(answer.body.access_token)).toMatchObject(expected)
    }
  })

  it('runs several processes that share what is in Redis', async () => {
    const redis = await startRedis()
    const service = await startService({ args: ['--redis', redis.url, '--workers', '2'] })
    const tokens = await Promise.all(Array.from({ length: 20 }, () => service.issue({ sub: 'alice' })))
    for (const { body } of tokens) expect((await service.forwardAuth(body.access_token)).status).toBe(200)
    expect(await service.stop()).toBe(0)
  })

  it('logs in as an ACL user with a password from a file, and never says it', async () => {
    const redis = await startRedis()
    const page = readFileSync(new URL('../../../docs/redis.md', import.meta.url), 'utf8')
    const [, acl = ''] = /```acl\nuser (.*)\n/.exec(page) ?? []
    await redis.command('ACL', 'SETUSER', ...acl.replace('>PASSWORD', '>open-sesame').split(' '))
    await redis.command('ACL', 'SETUSER', 'default', 'off')
    const directory = temporaryDirectory()
    const file = join(directory, 'password')
    writeFileSync(file, 'open-sesame\n', { mode: 0o600 })
    const url = `redis://skewproof@127.0.0.1:${redis.port}`
    const args = ['--redis', url, '--redis-password-file', file, '--log-level', 'trace']
    const service = await startService({ directory, args })
    const { access_token: token } = (await service.issue({ sub: 'alice' })).body
    expect((await service.forwardAuth(token)).status).toBe(200)
    expect(service.output).not.toContain('open-sesame')
    expect(statSync(join(directory, '.skewproof/store.key')).mode & 0o777).toBe(0o600)
    expect(await service.stop()).toBe(0)
  })

  it.each<[string, (directory: string, url: string) => readonly string[], RegExp]>([
    [
      'cannot be reached',
      () => ['--redis', 'redis://user:open-sesame@127.0.0.1:1'],
      /Redis cannot be reached/,
    ],
    [
      'has a cluster that is not there',
      () => ['--redis-cluster', '127.0.0.1:1'],
      /no node of the cluster answers/,
    ],
    ['is no URL', () => ['--redis', 'open-sesame'], /url: use redis:/],
    ['refuses the password', (_, url) => ['--redis', url.replace('//', '//user:open-sesame@')], /WRONGPASS/],
    [
      'has a password that others may read',
      (directory, url) => {
        const file = join(directory, 'password')
        writeFileSync(file, 'open-sesame')
        chmodSync(file, 0o644)
        return ['--redis', url, '--redis-password-file', file]
      },
      /chmod 600/,
    ],
    [
      'has documents of another key',
      (directory, url) => {
        const file = join(directory, 'other.key')
        writeFileSync(file, Buffer.alloc(32), { mode: 0o600 })
        return ['--redis', url, '--store-key-file', file]
      },
      /encrypted with another key/,
    ],
    [
      'has a key that is too short',
      (directory, url) => {
        const file = join(directory, 'short.key')
        writeFileSync(file, 'open-sesame', { mode: 0o600 })
        return ['--redis', url, '--store-key-file', file]
      },
      /does not hold 32 bytes/,
    ],
  ])('says in one line, without secrets, what is wrong when the Redis %s', async (_, prepare, message) => {
    const directory = temporaryDirectory()
    const args = [
      'serve',
      '--port',
      '0',
      '--issuer',
      'https://issuer.test',
      ...prepare(directory, usedRedis.url),
    ]
    const { code, stderr, stdout } = await runHere(args, { cwd: directory })
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr + stdout).not.toContain('open-sesame')
  })
})
