import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { SourceError, systemHostClock } from '../../clock/index.ts'
import { Addresses } from './addresses.ts'
import { UdpEndpoint } from './udp.ts'

const host = systemHostClock
const forAll = new AbortController().signal

/** A server on loopback that answers each request with some datagrams. */
async function serve(address: '127.0.0.1' | '::1', answer: (request: Buffer) => readonly Uint8Array[]) {
  const server = createSocket(address === '::1' ? 'udp6' : 'udp4')
  server.on('message', (request, { port }) => {
    for (const reply of answer(request)) server.send(reply, port, address)
  })
  server.bind(0, address)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { host: address, port: server.address().port }
}

function text(reply: Uint8Array): string {
  return Buffer.from(reply).toString('latin1')
}

it.each(['127.0.0.1', '::1'] as const)('asks a server at %s', async address => {
  const endpoint = await serve(address, request => [Buffer.concat([request, Buffer.from('!')])])
  const before = host.monotonicMs()
  const { reply, sentMs, receivedMs } = await new UdpEndpoint(endpoint).connect(
    { host, signal: forAll },
    udp => udp.exchange(Buffer.from('time?'), (bytes, roundTrip) => ({ reply: text(bytes), ...roundTrip })),
  )
  expect(reply).toBe('time?!')
  expect(before).toBeLessThanOrEqual(sentMs)
  expect(sentMs).toBeLessThanOrEqual(receivedMs)
  expect(receivedMs).toBeLessThanOrEqual(host.monotonicMs())
})

it('ignores and reports what cannot be believed, and waits for what can', async () => {
  const endpoint = await serve('127.0.0.1', () => [
    Buffer.from('forged'),
    Buffer.alloc(5000),
    Buffer.alloc(0),
    Buffer.from('true'),
  ])
  const ignored: string[] = []
  const onIgnored = ({ reason }: SourceError) => void ignored.push(reason)
  const reply = await new UdpEndpoint(endpoint).connect({ host, signal: forAll, onIgnored }, udp =>
    udp.exchange(Buffer.from('?'), bytes => {
      if (text(bytes) !== 'true') throw new SourceError('mismatched', 'not ours')
      return text(bytes)
    }),
  )
  expect(reply).toBe('true')
  expect(ignored).toEqual(['mismatched', 'malformed', 'mismatched'])
})

it('gathers an answer of several datagrams, and asks again on the same socket', async () => {
  const endpoint = await serve('127.0.0.1', request => [request, request, request])
  const replies = await new UdpEndpoint(endpoint).connect({ host, signal: forAll }, async udp => {
    const gathered: string[] = []
    await udp.exchange(Buffer.from('a'), bytes => (gathered.push(text(bytes)) === 3 ? true : undefined))
    return [...gathered, await udp.exchange(Buffer.from('b'), text)]
  })
  expect(replies).toEqual(['a', 'a', 'a', 'b'])
})

it('hears nobody but the server that it asked', async () => {
  const stranger = createSocket('udp4')
  onTestFinished(() => void stranger.close())
  stranger.bind(0, '127.0.0.1')
  await once(stranger, 'listening')
  const server = createSocket('udp4')
  onTestFinished(() => void server.close())
  server.on('message', (_request, { port }) => {
    stranger.send('forged', port, '127.0.0.1', () => server.send('true', port, '127.0.0.1'))
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = { host: '127.0.0.1', port: server.address().port }
  const reply = await new UdpEndpoint(endpoint).connect({ host, signal: forAll }, udp =>
    udp.exchange(Buffer.from('?'), text),
  )
  expect(reply).toBe('true')
})

it('says which server refuses', async () => {
  const { port } = await serve('127.0.0.1', () => [])
  const asked = new UdpEndpoint({ host: '::1', port }).connect({ host, signal: forAll }, udp =>
    udp.exchange(Buffer.from('?'), text),
  )
  await expect(asked).rejects.toMatchObject({
    code: 'ERR_TIME_SOURCE',
    reason: 'unreachable',
    message: `[::1]:${port}: ECONNREFUSED`,
  })
})

it('ends when it is aborted, before and while it waits', async () => {
  const endpoint = new UdpEndpoint(await serve('127.0.0.1', () => []))
  const late = new SourceError('timeout', 'late')
  const aborted = AbortSignal.abort(late)
  await expect(endpoint.connect({ host, signal: aborted }, async () => 'never')).rejects.toBe(late)
  const controller = new AbortController()
  const asked = endpoint.connect({ host, signal: controller.signal }, udp => {
    setImmediate(() => controller.abort(late))
    return udp.exchange(Buffer.from('?'), text)
  })
  await expect(asked).rejects.toBe(late)
})

it('looks a name up again when its address fails, and takes the next one', async () => {
  const answers = [['192.0.2.1', '192.0.2.2'], ['192.0.2.1', '192.0.2.2'], ['192.0.2.3']]
  let lookups = 0
  const addresses = new Addresses('time.test', async () => answers[lookups++] ?? [])
  expect(await addresses.current(forAll)).toBe('192.0.2.1')
  expect(await addresses.current(forAll)).toBe('192.0.2.1')
  addresses.giveUp()
  expect(await addresses.current(forAll)).toBe('192.0.2.2')
  addresses.giveUp()
  expect(await addresses.current(forAll)).toBe('192.0.2.3')
  addresses.giveUp()
  await expect(addresses.current(forAll)).rejects.toMatchObject({ reason: 'unreachable' })
})

it('says so when a name cannot be resolved, or not in time', async () => {
  const failing = new Addresses('time.test', () => Promise.reject(new Error('ENOTFOUND')))
  await expect(failing.current(forAll)).rejects.toMatchObject({
    reason: 'unreachable',
    message: 'the name time.test could not be resolved',
  })
  const late = new SourceError('timeout', 'late')
  const controller = new AbortController()
  const waiting = new Addresses('time.test', () => new Promise(() => {})).current(controller.signal)
  controller.abort(late)
  await expect(waiting).rejects.toBe(late)
})

it('leaves no failure unhandled that comes after it was aborted', async () => {
  const late = new SourceError('timeout', 'late')
  const addresses = new Addresses('time.test', () => Promise.reject(new Error('ENOTFOUND')))
  // The test runner reports rejections that nobody handles.
  await expect(addresses.current(AbortSignal.abort(late))).rejects.toBe(late)
})
