import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIP } from 'node:net'
import { type MeasureContext, SourceError } from '../../clock/source.ts'
import { abortable } from './abortable.ts'
import { Addresses } from './addresses.ts'
import { type Endpoint, formatEndpoint } from './endpoint.ts'

/** When a datagram was sent and its answer received, on the host's monotonic clock: before the one, after the other. */
export interface RoundTrip {
  readonly sentMs: number
  readonly receivedMs: number
}

/**
 * Looks at a datagram: the answer, or `undefined` while more datagrams are needed for it.
 *
 * @throws SourceError for a datagram that is to be ignored
 */
export type ReadReply<T> = (reply: Uint8Array, roundTrip: RoundTrip) => T | undefined

/** A socket that hears one peer only. */
export interface UdpConnection {
  /** The peer's, resolved. */
  readonly address: string
  /**
   * Sends, and waits for a datagram that `read` accepts. Those that it refuses are reported and ignored: whoever forges one
   * must not be able to end the wait for the real one.
   *
   * @param signal ends the wait; by default only the measurement's own does
   * @throws SourceError when the peer refuses, or what the signal was aborted with
   */
  exchange<T>(request: Uint8Array, read: ReadReply<T>, signal?: AbortSignal): Promise<T>
}

/** No protocol that is spoken here sends more in one datagram. */
const maxDatagramBytes = 4096

/** A server that is asked over UDP. */
export class UdpEndpoint {
  readonly #endpoint: Endpoint
  readonly #addresses: Addresses

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
    this.#addresses = new Addresses(endpoint.host)
  }

  /** Opens a socket on a port of its own, which makes a blind forger's work harder, and closes it after `use`. */
  async connect<T>(context: MeasureContext, use: (connection: UdpConnection) => Promise<T>): Promise<T> {
    const { signal } = context
    const address = await this.#addresses.current(signal)
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4')
    try {
      const connected = once(socket, 'connect', { signal })
      socket.connect(this.#endpoint.port, address)
      await connected
      return await use({
        address,
        exchange: (request, read, signal = context.signal) =>
          exchange(socket, { ...context, signal }, request, read),
      })
    } catch (error) {
      this.#addresses.giveUp()
      if (signal.aborted) throw signal.reason
      throw error instanceof SourceError ? error : this.#unreachable(error)
    } finally {
      socket.close()
    }
  }

  #unreachable(cause: unknown): SourceError {
    const { host, port } = this.#endpoint
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    return new SourceError('unreachable', `${formatEndpoint({ host, port }, 0)}: ${code}`, { cause })
  }
}

async function exchange<T>(
  socket: Socket,
  { host, signal, onIgnored }: MeasureContext,
  request: Uint8Array,
  read: ReadReply<T>,
): Promise<T> {
  let sentMs = 0
  let stop = (): void => {}
  const answer = new Promise<T>((resolve, reject) => {
    const onMessage = (reply: Uint8Array): void => {
      const receivedMs = host.monotonicMs()
      try {
        if (reply.length > maxDatagramBytes)
          throw new SourceError('malformed', `a reply of ${reply.length} bytes`)
        const value = read(reply, { sentMs, receivedMs })
        if (value !== undefined) resolve(value)
      } catch (error) {
        if (error instanceof SourceError) onIgnored?.(error)
        else reject(error)
      }
    }
    socket.on('message', onMessage)
    socket.on('error', reject)
    stop = () => {
      socket.off('message', onMessage)
      socket.off('error', reject)
    }
    sentMs = host.monotonicMs()
    socket.send(request, error => {
      if (error !== null) reject(error)
    })
  })
  try {
    return await abortable(answer, signal)
  } finally {
    stop()
  }
}
