import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FleetNode, FleetStatus } from 'skewproof/fleet'
import { HttpError } from 'skewproof/http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { changesOf } from './changes.ts'
import { EventStream, type Reader } from './event-stream.ts'
import { Journal } from './journal.ts'
import { describeChanges } from './store-happenings.ts'
import { VerdictCounter } from './verdict-counter.ts'

describe('the counter of verdicts', () => {
  it('gives what was counted in a second, and rates over ten', () => {
    const counter = new VerdictCounter()
    const expired = { verdict: 'refused', code: 'ERR_TOKEN_EXPIRED', culprit: 'none' } as const
    counter.note({ verdict: 'valid', code: undefined, culprit: undefined })
    counter.note({ verdict: 'valid', code: undefined, culprit: undefined })
    counter.note(expired)
    expect(counter.endSecond()).toEqual([
      { verdict: 'valid', code: null, culprit: null, count: 2 },
      { ...expired, count: 1 },
    ])
    expect(counter.endSecond()).toEqual([])
    expect(counter.perSecond()).toEqual({ valid: 1, ERR_TOKEN_EXPIRED: 0.5 })
    for (let second = 0; second < 10; second += 1) counter.endSecond()
    expect(counter.perSecond()).toEqual({})
  })
})

describe('the journal', () => {
  const happening = (id: string) => ({ id, atMs: 0, kind: 'step', node: 'a', text: '' }) as const

  it('keeps the last hundred, each once', () => {
    const told: string[] = []
    const journal = new Journal(({ id }) => told.push(id))
    for (let index = 0; index < 150; index += 1) journal.note(happening(`${index}`))
    journal.note(happening('149'))
    expect(told).toHaveLength(150)
    expect(journal.since(undefined)).toHaveLength(100)
    expect(journal.since('147').map(({ id }) => id)).toEqual(['148', '149'])
    expect(journal.since('long gone')).toHaveLength(100)
  })
})

describe('changes of the store', () => {
  it('are told in a sentence of each kind, without subjects', () => {
    const texts = describeChanges([
      { kind: 'token', jti: 'abc' },
      { kind: 'subject', subject: 'alice' },
      { kind: 'subject', subject: 'bob' },
      { kind: 'family', familyId: 'f' },
      { kind: 'document', name: 'keys' },
      { kind: 'document', name: 'clients' },
      { kind: 'everything' },
    ]).map(({ kind, text }) => `${kind}: ${text}`)
    expect(texts).toEqual([
      'revocation: The token abc was revoked',
      'revocation: A session was ended',
      'revocation: All that 2 subjects had was revoked',
      'revocation: All that was issued before some moment was revoked, or so much changed that it was not all read',
      'rotation: The keys that sign were changed',
    ])
    expect(describeChanges(Array(5).fill({ kind: 'token', jti: 'x' }))[0]?.text).toBe('5 tokens were revoked')
  })
})

describe('changes of a fleet', () => {
  const node = (name: string, reportedAgoMs: number, more: Partial<FleetNode> = {}) =>
    ({ node: name, reportedAgoMs, standing: 'agreeing', ...more }) as FleetNode
  const status = (serverTimeMs: number, nodes: readonly FleetNode[], tokens = 1) =>
    ({
      serverTimeMs,
      nodes,
      view: { kind: 'utc' },
      sentence: 'well',
      issuers: [{ issuer: 'a', aheadMs: 5, tokens, lastSeenAgoMs: serverTimeMs }],
    }) as unknown as FleetStatus

  it('are nodes that are new, have reported, stand otherwise, or are gone', () => {
    const before = status(1000, [
      node('same', 200),
      node('reported', 900),
      node('fallen', 4000),
      node('gone', 0),
    ])
    const after = status(2000, [
      node('same', 1200),
      node('reported', 100),
      node('fallen', 5000, { standing: 'silent' }),
      node('new', 10),
    ])
    const { changed, gone, issuers } = changesOf(before, after)
    expect(changed.map(({ node }) => node)).toEqual(['reported', 'fallen', 'new'])
    expect(gone).toEqual(['gone'])
    expect(issuers).toBeUndefined()
    expect(changesOf(before, status(2000, [], 2)).issuers).toHaveLength(1)
  })
})

describe('a stream of events', () => {
  const forever = async () => ({ expiresAtMs: Number.POSITIVE_INFINITY })

  async function open(
    stream: EventStream,
    authorize: Reader['authorize'] = forever,
    data: unknown = { a: 'line\nbreak' },
  ): Promise<{ read: () => string; response: IncomingMessage }> {
    const server = createServer(async (_, response) => {
      const reader = { response, headers: { 'x-server-time': 'now' }, authorize, ...(await authorize()) }
      stream.add(reader, [{ event: 'fleet', data }])
    }).listen(0, '127.0.0.1')
    onTestFinished(() => {
      stream.close()
      server.closeAllConnections()
      server.close()
    })
    await once(server, 'listening')
    const [response] = (await once(
      get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
      'response',
    )) as [IncomingMessage]
    let text = ''
    response.on('data', chunk => {
      text += String(chunk)
    })
    return { read: () => text, response }
  }

  it('is written as browsers read it', async () => {
    const stream = new EventStream(10)
    const { read, response } = await open(stream)
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-server-time': 'now',
    })
    stream.send({ event: 'happening', id: '7', data: [1] })
    stream.close()
    await once(response, 'end')
    expect(read()).toBe(
      'retry: 2000\n\nevent: fleet\ndata: {"a":"line\\nbreak"}\n\nevent: happening\nid: 7\ndata: [1]\n\n',
    )
  })

  it('ends for a reader whose authority has ended, and for nobody else', async () => {
    const stream = new EventStream(10)
    let answer = async () => ({ expiresAtMs: 1000 })
    const [{ response: ending }, { response: staying }] = [
      await open(stream, () => answer()),
      await open(stream),
    ]
    const ended: string[] = []
    ending.on('end', () => ended.push('ending'))
    staying.on('end', () => ended.push('staying')).resume()
    // Asked again, and told that it lasts.
    answer = async () => ({ expiresAtMs: 2000 })
    stream.expire(1001)
    await new Promise(resolve => setImmediate(resolve))
    // Not asked before it may have ended, nor ended because nobody can be asked.
    answer = () => Promise.reject(new HttpError(401, 'ERR_LOGIN', 'over'))
    stream.expire(1999)
    await new Promise(resolve => setImmediate(resolve))
    answer = () => Promise.reject(new HttpError(503, 'ERR_STORE_UNAVAILABLE', 'gone'))
    stream.expire(2001)
    await new Promise(resolve => setImmediate(resolve))
    expect(stream.readers).toBe(2)
    answer = () => Promise.reject(new HttpError(401, 'ERR_LOGIN', 'over'))
    stream.expire(Number.POSITIVE_INFINITY)
    await once(ending, 'end')
    expect([stream.readers, ended]).toEqual([1, ['ending']])
  })

  it('lets somebody on a slow line read a large fleet to its end', async () => {
    const stream = new EventStream(1)
    const { response } = await open(stream, forever, 'x'.repeat(5_000_000))
    response.pause()
    for (let count = 0; count < 5; count += 1) {
      stream.send({ event: 'nodes', data: 'x'.repeat(100_000) })
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(stream.readers).toBe(1)
    stream.close()
  })

  it('drops a reader who does not read, and counts those that are left', async () => {
    const stream = new EventStream(1)
    const { response } = await open(stream)
    expect([stream.readers, stream.isFull]).toEqual([1, true])
    response.pause()
    const data = 'x'.repeat(500_000)
    for (let count = 0; count < 40 && stream.readers > 0; count += 1) {
      stream.send({ event: 'nodes', data })
      await new Promise(resolve => setImmediate(resolve))
    }
    expect([stream.readers, stream.isFull]).toEqual([0, false])
  })
})
