import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { CertificateAuthority } from '../../../test/support/certificates.ts'
import { freePort } from '../../../test/support/processes.ts'
import { SourceError, systemHostClock } from '../src/clock/index.ts'
import { establishKeys } from '../src/sources/nts/key-establishment.ts'
import { encodeRecords } from '../src/sources/nts/records.ts'

const host = systemHostClock
const end = record(0)
const cookie = record(5, new Uint8Array(100).fill(7))
const granted = [record(1, [0, 0]), record(4, [0, 15]), cookie]

function record(type: number, body: Iterable<number> = []) {
  return { isCritical: type < 5, type, body: Uint8Array.from(body) }
}

function message(...records: readonly ReturnType<typeof record>[]): Uint8Array {
  return encodeRecords([...granted, ...records, end])
}

/** A server for key establishment that does as the test says once TLS stands. */
async function serve(answer: (socket: TLSSocket) => void, options: TlsOptions = {}) {
  const authority = await CertificateAuthority.create()
  const { key, certificate } = await authority.issue()
  const sockets = new Set<Socket>()
  const server = createServer(
    { key: readFileSync(key), cert: readFileSync(certificate), ALPNProtocols: ['ntske/1'], ...options },
    socket => {
      socket.on('error', () => {})
      answer(socket)
    },
  )
  server.on('connection', socket => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { ca: authority.pem, endpoint: { host: 'localhost', port: portOf(server.address()) }, sockets }
}

/** Unlike `once`, also when the other side cuts it. */
function closing(socket: Socket): Promise<void> {
  return new Promise(resolve => void socket.resume().once('close', () => resolve()))
}

function portOf(address: ReturnType<ReturnType<typeof createTcpServer>['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

async function establish(
  { ca, endpoint }: { ca?: string; endpoint: { host: string; port: number } },
  signal: AbortSignal = new AbortController().signal,
) {
  return await establishKeys(endpoint, ca, { host, signal })
}

it('agrees on the same keys, asks what the RFC says, and closes the connection', async () => {
  const label = 'EXPORTER-network-time-security'
  const seen: { keys?: readonly Buffer[]; request?: Buffer; name?: string | false | null } = {}
  let closed: Promise<unknown> = Promise.resolve()
  const server = await serve(socket => {
    const contexts = [0, 1].map(direction => Buffer.from([0, 0, 0, 15, direction]))
    seen.keys = contexts.map(context => socket.exportKeyingMaterial(32, label, context))
    seen.name = socket.servername
    closed = closing(socket)
    socket.once('data', request => {
      seen.request = request
      socket.write(message())
    })
  })
  const { clientToServer, serverToClient, cookies, endpoint } = await establish(server)
  expect([clientToServer, serverToClient]).toEqual(seen.keys)
  expect(seen.request?.toString('hex')).toBe('80010002000080040002000f80000000')
  expect(seen.name).toBe('localhost')
  expect(cookies).toEqual([cookie.body])
  // Where no other is named: the address that gave the keys, at the port of NTP.
  expect(endpoint).toEqual({ host: '127.0.0.1', port: 123 })
  await closed
})

it('goes to the server and the port that it is sent to', async () => {
  const server = await serve(socket => {
    socket.end(message(record(6, Buffer.from('ntp.example.com')), record(7, [4, 210])))
  })
  const { endpoint } = await establish(server)
  expect(endpoint).toEqual({ host: 'ntp.example.com', port: 1234 })
})

it('reads an answer that comes byte by byte', async () => {
  const server = await serve(socket => {
    socket.setNoDelay(true)
    const bytes = [...message()]
    const next = (): void => {
      const byte = bytes.shift()
      if (byte !== undefined) socket.write(Uint8Array.of(byte), next)
    }
    next()
  })
  expect((await establish(server)).cookies).toHaveLength(1)
})

it.each<[string, (socket: TLSSocket) => void, TlsOptions, string, RegExp]>([
  [
    'TLS 1.2 only',
    () => {},
    { maxVersion: 'TLSv1.2' },
    'unsupported',
    /does not speak TLS 1.3 and ntske\/1: /,
  ],
  ['another protocol', () => {}, { ALPNProtocols: ['h2'] }, 'unsupported', /does not speak TLS 1.3 and nts/],
  ['no protocol', () => {}, { ALPNProtocols: [] }, 'unsupported', /localhost:\d+ does not speak ntske\/1/],
  ['nothing', socket => socket.end(), {}, 'malformed', /ended after 0 bytes/],
  [
    'half an answer',
    socket => socket.end(message().subarray(0, 20)),
    {},
    'malformed',
    /ended after 20 bytes/,
  ],
  ['an error', socket => socket.end(message(record(2, [0, 2]))), {}, 'unsupported', /internal server error/],
  ['HTTP', socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), {}, 'malformed', /ended after 28 bytes/],
  ['a flood', flood, {}, 'malformed', /longer than 16384 bytes|more than 64 records/],
  ['a cut connection', socket => socket.destroy(), {}, 'unreachable|malformed', /./],
])('refuses %s', async (_name, answer, options, reason, message) => {
  const server = await serve(answer, options)
  await expect(establish(server)).rejects.toMatchObject({
    code: 'ERR_TIME_SOURCE',
    reason: expect.stringMatching(new RegExp(`^(${reason})$`)),
    message: expect.stringMatching(message),
  })
})

/** As much as the other side takes. */
function flood(socket: TLSSocket): void {
  const block = Buffer.alloc(4096, 0x11)
  const more = (): void => {
    if (socket.writable) socket.write(block, more)
  }
  more()
}

it('says which server cannot be reached', async () => {
  const port = await freePort()
  await expect(establish({ endpoint: { host: '127.0.0.1', port } })).rejects.toMatchObject({
    reason: 'unreachable',
    message: `127.0.0.1:${port}: ECONNREFUSED`,
  })
})

it('ends at the deadline, and leaves no connection: in the handshake, in the answer, and before', async () => {
  const late = new SourceError('timeout', 'late')
  const silent = createTcpServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  onTestFinished(() => void silent.close())
  const inHandshake = new AbortController()
  const connected = once(silent, 'connection')
  const first = establish(
    { endpoint: { host: '127.0.0.1', port: portOf(silent.address()) } },
    inHandshake.signal,
  )
  const [socket] = (await connected) as [Socket]
  socket.on('error', () => {})
  const closed = closing(socket)
  inHandshake.abort(late)
  await expect(first).rejects.toBe(late)
  await closed

  const inAnswer = new AbortController()
  let gone: Promise<unknown> = Promise.resolve()
  const server = await serve(socket => {
    gone = closing(socket)
    socket.write(message().subarray(0, 20), () => inAnswer.abort(late))
  })
  await expect(establish(server, inAnswer.signal)).rejects.toBe(late)
  await gone

  await expect(establish(server, AbortSignal.abort(late))).rejects.toBe(late)
  expect(server.sockets.size).toBe(1)
})
