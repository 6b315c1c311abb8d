import { once } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { RedisServer } from '../../../test/support/redis-server.ts'
import { bin, eventually, startNode, temporaryDirectory } from './support/processes.ts'
import { type Service, startService } from './support/service.ts'

vi.setConfig({ testTimeout: 120_000 })

interface Received {
  readonly event: string
  readonly id?: string
  // biome-ignore lint/suspicious/noExplicitAny: an event's data is whatever the test expects it to be
  readonly data: any
}

/** Reads a stream of events until the test ends. */
function readEvents(url: string, headers: Record<string, string> = {}): Received[] {
  const received: Received[] = []
  const ending = new AbortController()
  onTestFinished(() => ending.abort())
  void (async () => {
    const response = await fetch(`${url}/v1/events`, { headers, signal: ending.signal })
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = Object.fromEntries(
          text
            .slice(0, end)
            .split('\n')
            .map(line => line.split(/: (.*)/s).slice(0, 2)),
        )
        if (fields['data'] !== undefined)
          received.push({ event: fields['event'], id: fields['id'], data: JSON.parse(fields['data']) })
        text = text.slice(end + 2)
      }
    }
  })().catch(() => {})
  return received
}

const of = (events: readonly Received[], name: string) => events.filter(({ event }) => event === name)

async function fleetOf(service: Service) {
  return (await service.request('GET', '/v1/fleet')).body
}

/** `skewproof agent` on a machine of its own, whose clock is right. */
async function startAgent(redis: string) {
  const args = ['agent', '--redis', redis, '--node', 'db-1', '--source', 'system']
  const child = startNode([bin, ...args], { cwd: temporaryDirectory() })
  let output = ''
  child.stdout?.on('data', chunk => {
    output += String(chunk)
  })
  await eventually(async () => expect(output).toMatch(/^The clock is synchronized/m))
  return {
    stop: async () => {
      child.kill('SIGTERM')
      const [code] = await once(child, 'exit')
      expect(code).toBe(0)
      expect(output).toContain(`This machine reports its clock as db-1:${child.pid} to ${redis}`)
    },
  }
}

describe('/v1/fleet and /v1/events', () => {
  it('show this node, what happens to tokens, and what others do', async () => {
    const service = await startService({ args: ['--node', 'web-1', '--source', 'system'] })
    const fleet = await eventually(async () => {
      const seen = await fleetOf(service)
      expect(seen.nodes).toHaveLength(1)
      expect(seen.nodes[0].standing).toBe('agreeing')
      return seen
    })
    expect(fleet).toMatchObject({
      self: expect.stringMatching(/^web-1:\d+$/),
      view: { kind: 'utc', alarm: null },
      sentence: expect.stringMatching(/^The only node knows UTC to \d/),
      nodes: [{ host: 'web-1', role: 'service', ready: true, clock: { status: 'synchronized' } }],
    })
    const events = readEvents(service.url)
    const { access_token: token, jti } = (await service.issue({ sub: 'alice' })).body
    await eventually(async () => {
      await service.forwardAuth(token)
      expect(of(events, 'verdicts').at(-1)?.data.verdicts).toContainEqual({
        verdict: 'valid',
        code: null,
        culprit: null,
        count: expect.any(Number),
      })
    })
    await service.revoke({ jti })
    await service.request('POST', '/v1/keys/rotations', service.basic, { json: { compromised: true } })
    await service.forwardAuth(token)
    await eventually(async () => {
      const texts = of(events, 'happening').map(({ data }) => data.text)
      expect(texts).toContain(`The token ${jti} was revoked`)
      expect(texts).toContain('The keys that sign were changed')
    })
    expect(events[0]?.event).toBe('fleet')
    expect(of(events, 'nodes')[0]?.data).toMatchObject({ sentence: expect.any(String), gone: [] })
    const [first, ...rest] = of(events, 'happening')
    const again = readEvents(service.url, { 'last-event-id': first?.id ?? '' })
    await eventually(async () =>
      expect(of(again, 'happening').map(({ id }) => id)).toEqual(rest.map(({ id }) => id)),
    )
    expect(JSON.stringify(events)).not.toContain('alice')
    expect(await service.stop()).toBe(0)
  })

  it('are for administrators where a request comes from elsewhere', async () => {
    const service = await startService()
    const path = '/v1/fleet'
    const through = { 'x-forwarded-for': '192.0.2.1' }
    for (const url of [`${service.url}${path}`, `${service.url}/v1/events`])
      expect((await fetch(url, { headers: through })).status).toBe(401)
    const authorized = await fetch(`${service.url}${path}`, {
      headers: { ...through, authorization: service.basic },
    })
    expect(authorized.status).toBe(200)
  })

  it('end with the login that they were opened with: when it is logged out, revoked, or over', async () => {
    const service = await startService({ args: ['--require-login'] })
    const ownPage = { 'sec-fetch-site': 'same-origin' }
    const logIn = async () => {
      const body = JSON.stringify(service.credentials)
      const headers = { ...ownPage, 'content-type': 'application/json' }
      const answer = await fetch(`${service.url}/v1/session`, { method: 'POST', headers, body })
      return { ...ownPage, cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '' }
    }
    const open = (headers: Record<string, string>) => fetch(`${service.url}/v1/events`, { headers })
    const session = await logIn()
    const [byLogin, byBasic] = [await open(session), await open({ authorization: service.basic })]
    const token = { sub: 'ops', scope: 'skewproof:admin' }
    const { access_token: revoked, jti } = (await service.issue(token)).body
    const { access_token: brief } = (await service.issue({ ...token, expires_in: 5 })).body
    const [byRevoked, byBrief] = [revoked, brief].map(one => open({ authorization: `Bearer ${one}` }))
    await Promise.all([byRevoked, byBrief])
    await fetch(`${service.url}/v1/session`, { method: 'DELETE', headers: session })
    await service.revoke({ jti })
    for (const ended of [byLogin, await byRevoked, await byBrief])
      expect(await ended?.text()).toContain('event: fleet')
    const reader = byBasic.body?.getReader()
    const read = async () => new TextDecoder().decode((await reader?.read())?.value)
    await eventually(async () => expect(await read()).toContain('event: nodes'))
    await reader?.cancel()
    expect((await open(session)).status).toBe(401)
  })

  it('show each worker and each machine over Redis, and who has left', async () => {
    const redis = await RedisServer.start()
    onTestFinished(() => redis.end())
    const service = await startService({ args: ['--redis', redis.url, '--node', 'web-1', '--workers', '2'] })
    const agent = await startAgent(redis.url)
    await eventually(async () => {
      const { nodes } = await fleetOf(service)
      expect(
        nodes.map((node: { host: string; role: string }) => `${node.host} ${node.role}`).toSorted(),
      ).toEqual(['db-1 agent', 'web-1 service', 'web-1 service'])
    })
    await eventually(async () => {
      const { code, stdout } = await service.command('fleet')
      expect(stdout).toMatch(/^\* db-1:\d+ +synchronized .* agreeing +agent$/m)
      expect(stdout).toMatch(/^ {2}web-1:\d+ +synchronized .* without-utc +yes$/m)
      expect(code).toBe(0)
    })
    await agent.stop()
    // Each worker reads the heartbeats by itself, and either may answer.
    await eventually(async () => {
      const { code, stdout } = await service.command('fleet', '--json')
      const { nodes, sentence } = JSON.parse(stdout)
      expect(nodes).toHaveLength(2)
      expect(sentence).toMatch(/^No node knows UTC/)
      expect(code).toBe(1)
    })
    expect(await service.stop()).toBe(0)
  })
})
