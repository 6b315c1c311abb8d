import { once } from 'node:events'
import { connect, constants, createServer } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../../../test/support/processes.ts'
import { requireToken as fastifyHook } from '../../src/http/fastify/index.ts'
import { requireToken as honoMiddleware } from '../../src/http/hono/index.ts'
import { requireToken as nodeListener } from '../../src/http/node/index.ts'
import type { Verifier } from '../../src/tokens/index.ts'
import { listen } from './listen.ts'
import { createWorld, type World } from './world.ts'

type Start = (verifier: Verifier, world: World) => Promise<string>

const startNode: Start = (verifier, world) =>
  listen(
    createServer(
      nodeListener({ verifier }, (_request, response, { claims }) => {
        world.admitted += 1
        response.end(JSON.stringify({ sub: claims.sub }))
      }),
    ),
  )

const startFastify: Start = async (verifier, world) => {
  const app = fastify({ http2: true })
  onTestFinished(() => app.close())
  app.get('/', { onRequest: fastifyHook({ verifier }) }, async ({ token }) => {
    world.admitted += 1
    return { sub: token?.claims.sub }
  })
  return app.listen({ host: '127.0.0.1', port: 0 })
}

const startHono: Start = verifier => {
  const app = new Hono()
  app.get('/', honoMiddleware({ verifier }), context =>
    context.json({ sub: context.get('token').claims.sub }),
  )
  return listen(createAdaptorServer({ fetch: app.fetch, createServer }))
}

const frames = { data: 0, headers: 1, settings: 4 }
const endOfStreamAndHeaders = 0x5

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A text of HPACK as it is, behind its length (RFC 7541, 5.1 and 5.2). */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from(lengthOf(bytes)), bytes])
}

function lengthOf({ length }: Buffer): readonly number[] {
  if (length < 127) return [length]
  const digits = [127]
  let rest = length - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) digits.push(128 + (rest % 128))
  return [...digits, rest]
}

/** The body of the answer to a request with these fields, each of its own: Node's client sends none twice. */
async function bodyFor(url: string, fields: readonly (readonly [string, string])[]): Promise<unknown> {
  const { hostname, port } = new URL(url)
  const socket = connectSocket(Number(port), hostname)
  const pseudo = [
    [':method', 'GET'],
    [':path', '/'],
    [':scheme', 'http'],
    [':authority', 'x'],
  ] as const
  const block = [...pseudo, ...fields].flatMap(([name, value]) => [
    Buffer.from([0]),
    literal(name),
    literal(value),
  ])
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  socket.write(frame(frames.settings, 0, 0, Buffer.alloc(0)))
  socket.write(frame(frames.headers, endOfStreamAndHeaders, 1, Buffer.concat(block)))
  let received = Buffer.alloc(0)
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer])
    while (received.length >= 9 && received.length >= 9 + received.readUIntBE(0, 3)) {
      const end = 9 + received.readUIntBE(0, 3)
      if (received[3] === frames.data) return JSON.parse(received.subarray(9, end).toString())
      received = received.subarray(end)
    }
  }
  throw new Error('the connection has ended without an answer')
}

describe.each([
  ['node:http2', startNode],
  ['Fastify', startFastify],
  ['Hono', startHono],
])('fields of HTTP/2 that are received by %s', (_name, start) => {
  it('are a token, or several, which are refused', async () => {
    const world = createWorld()
    const url = await start(world.verifier, world)
    const token = ['authorization', `Bearer ${world.sign()}`] as const
    expect(await bodyFor(url, [token])).toEqual({ sub: 'alice' })
    expect(await bodyFor(url, [token, token])).toMatchObject({ status: 400, code: 'ERR_REQUEST' })
    const { status } = Object(await bodyFor(url, [['authorization', 'Basic YTpi'], token]))
    expect([400, 401]).toContain(status)
  })
})

describe.each([
  ['node:http2', startNode],
  ['Fastify', startFastify],
])('a stream that is reset while %s waits for its token to be verified', (_name, start) => {
  it('is let through to no handler; the others of its connection are answered', async () => {
    const world = createWorld()
    const session = connect(await start(world.slow, world))
    onTestFinished(() => session.destroy())
    const request = () => session.request({ ':path': '/', authorization: `Bearer ${world.sign()}` })
    const [kept, reset] = [request(), request()]
    await eventually(async () => expect(world.waiting).toBe(2))
    reset.close(constants.NGHTTP2_CANCEL)
    await once(reset, 'close')
    // What comes after it has arrived after it.
    const after = request()
    await eventually(async () => expect(world.waiting).toBe(3))
    world.release()
    const texts = await Promise.all(
      [kept, after].map(async stream => (await stream.setEncoding('utf8').toArray()).join('')),
    )
    expect(texts).toEqual(['{"sub":"alice"}', '{"sub":"alice"}'])
    expect(world.admitted).toBe(2)
  })
})
