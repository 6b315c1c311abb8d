import { statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually, forAllTests } from './support/processes.ts'
import { type Service, startService } from './support/service.ts'

const isoInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

let service: Service

beforeAll(
  forAllTests(async () => {
    service = await startService()
  }),
)

describe('the five-minute path', () => {
  it('by HTTP: issue, use, revoke, refused', async () => {
    const issued = await service.issue({ sub: 'alice', expires_in: 600, scope: 'read' })
    expect(issued.status).toBe(200)
    expect(issued.body).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'read' })
    const { access_token: token, jti } = issued.body

    expect((await service.introspect(token)).body).toMatchObject({
      active: true,
      sub: 'alice',
      scope: 'read',
      jti,
    })
    const passed = await service.forwardAuth(token)
    expect(passed.status).toBe(200)
    expect(passed.headers.get('x-token-subject')).toBe('alice')
    expect(passed.headers.get('x-server-time')).toMatch(isoInstant)

    expect((await service.revoke({ jti })).body).toEqual({ revoked: true, durability: 'durable' })
    expect((await service.introspect(token)).body).toEqual({ active: false })
    const refused = await service.forwardAuth(token)
    expect(refused.status).toBe(401)
    expect(refused.body.code).toBe('ERR_TOKEN_REVOKED')
    expect(refused.headers.get('www-authenticate')).toMatch(
      /^Bearer realm="skewproof", error="invalid_token"/,
    )
    expect(refused.headers.get('x-server-time')).toMatch(isoInstant)
  })

  it('by the command line, as the service says at its start where it is not in the PATH', async () => {
    await eventually(async () =>
      expect(service.output).toMatch(/issue one {4}node \S+skewproof\.js token issue --sub alice --url http/),
    )
    const issued = await service.command('token', 'issue', '--sub', 'alice')
    expect(issued).toMatchObject({ code: 0, stderr: '' })
    const token = issued.stdout.trim()
    expect(await service.command('token', 'verify', token)).toMatchObject({ code: 0, stdout: 'accepted\n' })
    expect(await service.command('token', 'revoke', token)).toMatchObject({
      code: 0,
      stdout: 'revoked (durable)\n',
    })
    const refused = await service.command('token', 'verify', token, '--json')
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.stdout)).toMatchObject({ accepted: false, code: 'ERR_TOKEN_REVOKED' })
    const rotated = await service.command('keys', 'rotate', '--json')
    expect(JSON.parse(rotated.stdout)).toMatchObject([{ state: 'signing' }, { state: 'next', signs_in: 960 }])
  })

  it('starts again with the keys, the tokens and the credentials that it had', async () => {
    const first = await startService()
    const secretFile = join(first.directory, '.skewproof/credentials.json')
    expect(statSync(secretFile).mode & 0o777).toBe(0o600)
    expect(statSync(join(first.directory, '.skewproof')).mode & 0o777).toBe(0o700)
    expect(statSync(join(first.directory, '.skewproof/store/data.mdb')).mode & 0o777).toBe(0o600)
    const { access_token: token } = (await first.issue({ sub: 'alice', aud: 'api' })).body
    const before = [first.credentials, (await first.request('GET', '/.well-known/jwks.json')).body]
    expect(await first.stop()).toBe(0)

    const second = await startService({ directory: first.directory, port: Number(new URL(first.url).port) })
    expect([second.credentials, (await second.request('GET', '/.well-known/jwks.json')).body]).toEqual(before)
    expect((await second.forwardAuth(token)).status).toBe(200)
    expect(second.output).not.toContain(second.credentials.client_secret)
  })
})

describe('a service that is told to trust its host', () => {
  it('knows the time within a bound, says so, and puts it into its tokens', async () => {
    const trusting = await startService({ args: ['--source', 'system'] })
    const { body } = await trusting.request('GET', '/health')
    expect(body.clock).toMatchObject({ status: 'synchronized', errorMs: expect.any(Number) })
    expect(Math.abs(body.ntpOffset)).toBeLessThanOrEqual(body.clock.errorMs)
    const { access_token: token } = (await trusting.issue({ sub: 'alice' })).body
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
    expect(claims.iat_err).toBeGreaterThanOrEqual(0.1)
    expect(claims.iat_err).toBeLessThan(1)
    expect((await trusting.forwardAuth(token)).status).toBe(200)
  })

  it('without a source says that it knows nothing', async () => {
    const { body } = await service.request('GET', '/health')
    expect(body).toMatchObject({ ntpOffset: null, clock: { status: 'unsynchronized', errorMs: null } })
  })
})

describe('several processes on one port', () => {
  it('share the store, and one that dies is replaced', async () => {
    const both = await startService({ args: ['--workers', '2'] })
    const issued = await Promise.all(Array.from({ length: 20 }, (_, id) => both.issue({ sub: `user ${id}` })))
    for (const { body } of issued) expect((await both.forwardAuth(body.access_token)).status).toBe(200)
    const [one] = issued
    await both.revoke({ jti: one?.body.jti })
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect((await both.forwardAuth(one?.body.access_token)).body.code).toBe('ERR_TOKEN_REVOKED')
    }

    const workers = await eventually(async () => {
      const pids = [...both.output.matchAll(/"pid":(\d+)/g)].map(match => Number(match[1]))
      if (new Set(pids).size < 2) throw new Error('the workers have not logged yet')
      return [...new Set(pids)]
    })
    process.kill(workers[0] ?? 0, 'SIGKILL')
    await eventually(async () => {
      if (!both.output.includes('another takes its place')) throw new Error('nothing was said yet')
      const pids = new Set([...both.output.matchAll(/"pid":(\d+)/g)].map(match => match[1]))
      if (pids.size < 3) throw new Error('no other worker yet')
    })
    expect((await both.forwardAuth(issued[1]?.body.access_token)).status).toBe(200)
    expect(await both.stop()).toBe(0)
  })
})
