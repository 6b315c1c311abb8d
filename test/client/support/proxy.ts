import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

export interface ProxyOptions {
  /** How long the next piece takes on its way to the server, ms. */
  thereMs?: () => number
  /** And on its way back. */
  backMs?: () => number
}

/** A way to a server that is slow, in each direction as the test says, and that can be cut. */
export interface Proxy {
  readonly url: string
  /** Breaks all connections, and every new one until it is joined. */
  cut(): void
  join(): void
}

/** Starts a proxy before a server on this machine; it ends with the test. */
export async function startProxy(
  target: string,
  { thereMs = () => 0, backMs = () => 0 }: ProxyOptions = {},
): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer(inner => {
    if (isCut) {
      inner.destroy()
      return
    }
    const outer = connect(Number(new URL(target).port), '127.0.0.1')
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    carry(inner, outer, thereMs)
    carry(outer, inner, backMs)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const end = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    server.close()
    end()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut() {
      isCut = true
      end()
    },
    join() {
      isCut = false
    },
  }
}

/** Pieces arrive in their order, each late. */
function carry(from: Socket, to: Socket, lateMs: () => number): void {
  let last = Promise.resolve()
  from.on('data', chunk => {
    const late = delay(lateMs())
    last = last.then(() => late).then(() => void to.write(chunk))
  })
  from.on('end', () => {
    last = last.then(() => void to.end())
  })
}
