import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

/** What becomes of the bytes of all connections, those that are open too. */
export type ProxyFault =
  /** They arrive. */
  | { readonly kind: 'none' }
  /** They arrive late. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** They never arrive, and nobody is told: what a machine leaves that has lost its power. */
  | { readonly kind: 'silence' }
  /** So many arrive of each answer, then the connection is reset. */
  | { readonly kind: 'truncate'; readonly bytes: number }
  /** Of two connections that are made one after the other, the second gets through first. */
  | { readonly kind: 'reorder' }

/** How long a connection waits for one that overtakes it. */
const overtakingMs = 500

/** Stands between a client and a TCP server on loopback, and does what networks do. */
export class FaultyProxy {
  readonly port: number
  readonly #sockets: Set<Socket>
  #fault: ProxyFault = { kind: 'none' }
  #overtaken: Socket | undefined

  private constructor(server: Server, targetPort: number, port: number) {
    this.port = port
    this.#sockets = new Set()
    server.on('connection', inner => {
      if (this.#fault.kind === 'reorder' && this.#overtaken === undefined) {
        this.#overtaken = inner
        inner.on('error', () => {})
        setTimeout(() => this.#release(targetPort, inner), overtakingMs).unref()
        return
      }
      this.#join(targetPort, inner)
      if (this.#overtaken !== undefined) this.#release(targetPort, this.#overtaken)
    })
  }

  /** It ends with the test. */
  static async start(targetPort: number): Promise<FaultyProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port was given')
    const proxy = new FaultyProxy(server, targetPort, address.port)
    onTestFinished(() => {
      server.close()
      proxy.reset()
    })
    return proxy
  }

  set(fault: ProxyFault): void {
    this.#fault = fault
  }

  /** Resets all connections (RST). */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  #release(targetPort: number, inner: Socket): void {
    if (this.#overtaken !== inner) return
    this.#overtaken = undefined
    this.#join(targetPort, inner)
  }

  #join(targetPort: number, inner: Socket): void {
    const pair = { inner, outer: connect(targetPort, '127.0.0.1'), isDead: false }
    this.#watch(pair)
    this.#pass(pair, pair.inner, pair.outer)
    this.#pass(pair, pair.outer, pair.inner)
  }

  #watch(pair: Pair): void {
    for (const socket of [pair.inner, pair.outer]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        const other = socket === pair.inner ? pair.outer : pair.inner
        // To the other end a connection that is dead only seems to be there.
        if (!pair.isDead) other.destroy()
      })
    }
  }

  #pass(pair: Pair, from: Socket, to: Socket): void {
    // Bytes may be late or lost, but never overtake each other, and after a gap nothing comes any more.
    let earlier: Promise<unknown> = Promise.resolve()
    from.on('data', chunk => {
      const fault = this.#fault
      if (fault.kind === 'silence') pair.isDead = true
      const due = fault.kind === 'delay' ? sleep(fault.ms) : undefined
      earlier = Promise.all([earlier, due]).then(() => {
        if (pair.isDead) return
        if (fault.kind !== 'truncate' || from === pair.inner) {
          to.write(chunk)
          return
        }
        pair.isDead = true
        to.write(chunk.subarray(0, fault.bytes), () => {
          for (const socket of [to, from]) socket.resetAndDestroy()
        })
      })
    })
  }
}

interface Pair {
  readonly inner: Socket
  readonly outer: Socket
  /** Nothing passes any more, in neither direction. */
  isDead: boolean
}
