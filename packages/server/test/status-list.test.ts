import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import {
  createStatusList,
  decodeStatusList,
  decodeToken,
  type StatusList,
  setStatus,
  statusAt,
} from 'skewproof'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { fakedClock } from '../../../test/support/faked-clock.ts'
import { startNginx } from '../../../test/support/nginx.ts'
import { RedisServer } from '../../../test/support/redis-server.ts'
import { startRightFleet } from './support/fleet.ts'
import { eventually, forAllTests, freePort, startNode, temporaryDirectory } from './support/processes.ts'
import { type Service, startService } from './support/service.ts'

vi.setConfig({ testTimeout: 180_000 })

const fixture = fileURLToPath(new URL('fixtures/resource-server.mjs', import.meta.url))
const args = ['--status-list', '--status-list-ttl', '1s']

interface Issued {
  readonly token: string
  readonly jti: string
  readonly index: number
  /** The path of the list at the service. */
  readonly path: string
  readonly uri: string
}

async function issue(service: Service, sub = 'alice'): Promise<Issued> {
  const { status, body } = await service.issue({ sub, aud: 'api' })
  expect(status).toBe(200)
  const claims = decodeToken(body.access_token).claims as {
    status: { status_list: { idx: number; uri: string } }
  }
  const { idx: index, uri } = claims.status.status_list
  return { token: body.access_token, jti: body.jti, index, uri, path: new URL(uri).pathname }
}

async function readList(service: Service, { path }: Issued): Promise<StatusList> {
  const { status, body } = await service.request('GET', path)
  expect(status).toBe(200)
  return decodeStatusList(decodeToken(body, 1e6).claims['status_list'])
}

async function expectStatus(service: Service, issued: Issued, status: number): Promise<void> {
  await eventually(async () => expect(statusAt(await readList(service, issued), issued.index)).toBe(status))
}

/** A process that knows the issuer's address and no more. */
class ResourceServer {
  readonly #child: ChildProcess
  readonly #outcomes: AsyncIterator<string>

  constructor(issuer: string, maxStaleness: string, offsetSeconds = 0) {
    this.#child = startNode([fixture, issuer, maxStaleness], {
      cwd: temporaryDirectory(),
      env: fakedClock(offsetSeconds),
    })
    const { stdout } = this.#child
    if (stdout === null) throw new Error('the process has no output')
    this.#outcomes = createInterface({ input: stdout })[Symbol.asyncIterator]()
  }

  async verify({ token }: Issued): Promise<string> {
    this.#child.stdin?.write(`${token}\n`)
    return (await this.#outcomes.next()).value
  }

  async eventually(issued: Issued, outcome: string): Promise<void> {
    await eventually(async () => expect(await this.verify(issued)).toBe(outcome))
  }
}

/** Its lists are to be fetched again soon. */
let service: Service
/** Its lists are good for an hour. */
let lasting: Service

beforeAll(
  forAllTests(async () => {
    service = await startService({ args })
    lasting = await startService({ args: ['--status-list', '--status-list-ttl', '1h'] })
  }),
)

describe('a resource server without the store', () => {
  it('accepts tokens until they are revoked, each alone and all of a subject', async () => {
    const tokens = await Promise.all(['alice', 'bob', 'carol'].map(sub => issue(service, sub)))
    const [alice, bob, carol] = tokens as [Issued, Issued, Issued]
    const server = new ResourceServer(service.url, '1h')
    for (const issued of tokens) await expectStatus(service, issued, 0)
    expect(await server.verify(alice)).toBe('alice')

    await service.revoke({ jti: alice.jti })
    await expectStatus(service, alice, 1)
    await server.eventually(alice, 'ERR_TOKEN_REVOKED')
    expect(await server.verify(bob)).toBe('bob')

    await service.revoke({ sub: 'bob' })
    await server.eventually(bob, 'ERR_TOKEN_REVOKED')
    expect(await server.verify(carol)).toBe('carol')
    expect((await service.forwardAuth(carol.token)).status).toBe(200)
  })

  it('accepts nothing when it has not heard of the service for the stated time, and goes on afterwards', async () => {
    const first = await startService({ args })
    const [kept, revoked] = [await issue(first), await issue(first)]
    const server = new ResourceServer(first.url, '4s')
    expect(await server.verify(kept)).toBe('alice')
    expect(await server.verify(revoked)).toBe('alice')

    await first.revoke({ jti: revoked.jti })
    await first.stop('SIGKILL')
    await server.eventually(kept, 'ERR_STORE_UNAVAILABLE')
    await server.eventually(revoked, 'ERR_STORE_UNAVAILABLE')

    const again = await startService({ args, directory: first.directory, port: portOf(first) })
    await server.eventually(kept, 'alice')
    await server.eventually(revoked, 'ERR_TOKEN_REVOKED')
    await expectStatus(again, kept, 0)
  })
})

describe('a resource server whose clock is wrong', () => {
  it('goes by the lists, as it goes by the tokens, when it is ahead of the service', async () => {
    const [kept, revoked] = [await issue(lasting), await issue(lasting)]
    await lasting.revoke({ jti: revoked.jti })
    const server = new ResourceServer(lasting.url, '5m', 180)
    expect(await server.verify(kept)).toBe('alice')
    await server.eventually(revoked, 'ERR_TOKEN_REVOKED')
  })
})

describe('a cache between the service and a resource server', () => {
  it('answers for the service while it may, and lets revocations through', async () => {
    const port = await freePort()
    const cache = await startNginx(
      `location / {
        proxy_pass http://127.0.0.1:${port};
        proxy_cache lists;
        proxy_cache_revalidate on;
        add_header X-Cache $upstream_cache_status always;
      }`,
      {},
      `proxy_cache_path ${temporaryDirectory()} keys_zone=lists:1m;`,
    )
    const ttl = ['--status-list', '--status-list-ttl', '2s']
    const origin = await startService({ port, args: [...ttl, '--issuer', cache] })
    const [kept, revoked] = [await issue(origin), await issue(origin)]
    expect(kept.uri).toBe(cache + kept.path)
    const answers: (string | null)[] = []
    await eventually(async () => {
      const { headers } = await fetch(kept.uri)
      answers.push(headers.get('x-cache'))
      expect(answers).toEqual(expect.arrayContaining(['MISS', 'HIT', 'EXPIRED']))
    })

    const server = new ResourceServer(cache, '5m')
    expect(await server.verify(revoked)).toBe('alice')
    await origin.revoke({ jti: revoked.jti })
    await server.eventually(revoked, 'ERR_TOKEN_REVOKED')
    expect(await server.verify(kept)).toBe('alice')
  })
})

describe('two services over one Redis', () => {
  it('share places and revocations', async () => {
    const redis = await RedisServer.start()
    onTestFinished(() => redis.end())
    const [one, other] = await startRightFleet(2, '--redis', redis.url, ...args, '--workers', '1')
    if (one === undefined || other === undefined) throw new Error('no fleet was started')
    const issued = await Promise.all(
      Array.from({ length: 60 }, (_, count) => issue(count % 2 === 0 ? one : other, `user ${count % 3}`)),
    )
    expect(new Set(issued.map(({ uri, index }) => `${uri} ${index}`)).size).toBe(60)
    const [first] = issued
    if (first === undefined) throw new Error('nothing was issued')
    expect(first.uri).toMatch(/^https:\/\/auth\.example\.test\/\.well-known\/status\/[\w-]{12}$/)

    await other.revoke({ jti: first.jti })
    await one.revoke({ sub: 'user 1' })
    const isRevoked = (at: number): boolean => at === 0 || at % 3 === 1
    for (const service of [one, other]) {
      await eventually(async () => {
        const list = await readList(service, first)
        const statuses = issued.map(({ index }) => statusAt(list, index))
        expect(statuses).toEqual(issued.map((_, at) => (isRevoked(at) ? 1 : 0)))
      })
    }
  })
})

describe('the places on the lists', () => {
  it('are distinct when several processes issue at once, and after a restart', async () => {
    const first = await startService({ args: [...args, '--workers', '2'] })
    const before = await Promise.all(Array.from({ length: 200 }, () => issue(first)))
    await first.stop()
    const again = await startService({ args, directory: first.directory, port: portOf(first) })
    const after = await Promise.all(Array.from({ length: 100 }, () => issue(again)))
    const all = [...before, ...after]
    expect(new Set(all.map(({ uri, index }) => `${uri} ${index}`)).size).toBe(300)
    expect(new Set(all.map(({ uri }) => uri)).size).toBe(1)

    const revoked = before.filter((_, at) => at % 10 === 0)
    await Promise.all(revoked.map(({ jti }) => again.revoke({ jti })))
    await eventually(async () => {
      const expected = createStatusList(1, 131_072)
      for (const { index } of revoked) setStatus(expected, index, 1)
      const { bytes } = await readList(again, all[0] ?? failed())
      expect(Buffer.compare(bytes, expected.bytes)).toBe(0)
    })
  })
})

describe('GET /.well-known/status/{list}', () => {
  it('can be cached, and asked whether it has changed', async () => {
    const { path, uri } = await issue(lasting)
    const first = await lasting.request('GET', path)
    expect(first.status).toBe(200)
    expect(uri).toBe(lasting.url + path)
    expect(decodeToken(first.body, 1e6)).toMatchObject({
      header: { typ: 'statuslist+jwt' },
      claims: { iss: lasting.url, sub: uri, ttl: 3600 },
    })
    const headers = Object.fromEntries(first.headers)
    expect(headers).toMatchObject({
      'content-type': 'application/statuslist+jwt',
      'cache-control': 'public, max-age=3600',
      'access-control-allow-origin': '*',
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
    })
    const etag = headers['etag'] ?? ''
    for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await fetch(uri, { headers: { 'if-none-match': condition } })
      expect([response.status, await response.text()]).toEqual([304, ''])
      expect(response.headers.get('etag')).toBe(etag)
    }
    const other = await fetch(uri, { headers: { 'if-none-match': '"other"' } })
    expect([other.status, await other.text()]).toEqual([200, first.body])
    const head = await fetch(uri, { method: 'HEAD' })
    expect([head.status, head.headers.get('etag')]).toEqual([200, etag])
  })

  it('has no other lists, and no history', async () => {
    const { path } = await issue(service)
    expect((await service.request('GET', `${path}x`)).headers.get('cache-control')).toBe('no-store')
    for (const wrong of [
      `${path}x`,
      '/.well-known/status/',
      '/.well-known/status/..%2f',
      '/.well-known/status/%00',
    ]) {
      expect((await service.request('GET', wrong)).status).toBe(404)
    }
    const { status, body } = await service.request('GET', `${path}?time=1700000000`)
    expect([status, body.code]).toEqual([501, 'ERR_NOT_IMPLEMENTED'])
  })

  it('is described, and there is nothing there unless the option is on', async () => {
    const plain = await startService()
    const { paths } = (await plain.request('GET', '/openapi.json')).body
    const responses = paths['/.well-known/status/{list}'].get.responses
    expect(Object.keys(responses).sort()).toEqual(['200', '304', '404', '501', '503'])
    expect(Object.keys(responses['200'].content)).toEqual(['application/statuslist+jwt'])
    const { body } = await plain.issue({ sub: 'alice' })
    expect(decodeToken(body.access_token).claims).not.toHaveProperty('status')
    expect((await plain.request('GET', '/.well-known/status/anything')).status).toBe(404)
  })
})

function portOf({ url }: Service): number {
  return Number(new URL(url).port)
}

function failed(): never {
  throw new Error('nothing was issued')
}
