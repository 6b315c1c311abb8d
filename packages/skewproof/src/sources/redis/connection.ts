import { once } from 'node:events'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { type MeasureContext, SourceError } from '../../clock/source.ts'
import { abortable } from '../net/abortable.ts'
import { certificateRefusal } from '../net/certificate.ts'
import { decodeReply, encodeCommand, type Reply } from './resp.ts'
import { nameOf, type RedisServer } from './server.ts'

/** Asks for the time once: what a client gives for `TIME`. */
export type AskTime = () => Promise<unknown>

/**
 * Connects, logs in where it has to, and closes after `use`.
 *
 * @param ca certificates in PEM that the server's must rest on, instead of the well-known ones
 * @throws SourceError, or what the signal was aborted with
 */
export async function connectRedis<T>(
  server: RedisServer,
  ca: string | undefined,
  { host, signal }: MeasureContext,
  use: (ask: AskTime) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const socket = open(server, ca)
  // It stays for good: an error that comes when all is over must not end the process.
  socket.on('error', () => {})
  const send = (words: readonly string[]) => abortable(exchange(socket, words), signal)
  try {
    const event: string = server.isSecure ? 'secureConnect' : 'connect'
    await once(socket, event, { signal })
    const { username = 'default', password } = server
    if (password !== undefined) accepted(await send(['AUTH', username, password]))
    return await use(async () => accepted(await send(['TIME'])))
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw asSourceError(error, socket, server, host.wallMs())
  } finally {
    socket.destroy()
  }
}

function open({ host, port, isSecure }: RedisServer, ca: string | undefined): Socket {
  if (!isSecure) return connect({ host, port })
  return connectTls({
    host,
    port,
    // A name only: an address is verified as one, and must not be sent as a name.
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says: time that is not authenticated must not pass for time that is.
    rejectUnauthorized: true,
  })
}

/** One command, and no other before its reply is there. */
async function exchange(socket: Socket, words: readonly string[]): Promise<Reply> {
  let stop = (): void => {}
  const reply = new Promise<Reply>((resolve, reject) => {
    let received = Buffer.alloc(0)
    const onData = (chunk: Buffer): void => {
      try {
        // What is too long is refused here, so that no more than a chunk is ever held.
        received = Buffer.concat([received, chunk])
        const decoded = decodeReply(received)
        if (decoded !== undefined) resolve(decoded)
      } catch (error) {
        reject(error)
      }
    }
    const onClose = () => reject(new SourceError('unreachable', 'it closed the connection'))
    socket.on('data', onData)
    socket.on('error', reject)
    socket.on('close', onClose)
    stop = () => {
      socket.off('data', onData)
      socket.off('error', reject)
      socket.off('close', onClose)
    }
    socket.write(encodeCommand(words))
  })
  try {
    return await reply
  } finally {
    stop()
  }
}

/** @throws SourceError with Redis's own words: they hold no data of ours */
function accepted(reply: Reply): unknown {
  if (reply.kind === 'pair') return reply.items
  if (reply.kind === 'status') return reply.text
  throw new SourceError('unsupported', `Redis refuses: ${reply.text.slice(0, 100).replace(/\p{Cc}/gu, '?')}`)
}

function asSourceError(error: unknown, socket: Socket, server: RedisServer, wallMs: number): SourceError {
  if (error instanceof SourceError) return error
  const name = nameOf(server)
  const refusal = socket instanceof TLSSocket && certificateRefusal(socket, name, wallMs, error)
  if (refusal) return refusal
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'it failed'
  return new SourceError('unreachable', `${name}: ${code}`, { cause: error })
}
