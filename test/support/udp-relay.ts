import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** What arrives on the other side instead of a datagram: none, it, or others; each after a delay. */
export type Passage = (
  datagram: Buffer,
  index: number,
) => readonly { readonly bytes: Uint8Array; readonly delayMs?: number }[]

const asItIs: Passage = bytes => [{ bytes }]

export interface RelayOptions {
  readonly request?: Passage
  readonly reply?: Passage
  /** The address of loopback that it relays to. Default 127.0.0.1, at which it listens itself. */
  readonly targetAddress?: string
  /** Where it listens. Default: any port that is free. */
  readonly port?: number
}

/**
 * A relay on loopback that delays, drops, changes and repeats what passes, each way as it is told. It ends with the test.
 *
 * @returns the port that it listens on
 */
export async function startUdpRelay(
  targetPort: number,
  { request = asItIs, reply = asItIs, targetAddress = '127.0.0.1', port = 0 }: RelayOptions,
): Promise<number> {
  const front = createSocket('udp4')
  const backs = new Map<number, Socket>()
  const timers = new Set<NodeJS.Timeout>()
  const counts = { request: 0, reply: 0 }
  let isClosed = false
  onTestFinished(() => {
    isClosed = true
    for (const timer of timers) clearTimeout(timer)
    for (const socket of [front, ...backs.values()]) socket.close()
  })

  const pass = (passage: Passage, datagram: Buffer, index: number, send: (bytes: Uint8Array) => void) => {
    for (const { bytes, delayMs = 0 } of passage(datagram, index)) {
      if (delayMs === 0) {
        send(bytes)
        continue
      }
      const timer = setTimeout(() => {
        timers.delete(timer)
        if (!isClosed) send(bytes)
      }, delayMs)
      timers.add(timer)
    }
  }
  /** One socket for each that asks, so that the answers find their way. */
  const backFor = (port: number): Socket => {
    const known = backs.get(port)
    if (known !== undefined) return known
    const back = createSocket('udp4')
    back.on('message', datagram => {
      pass(reply, datagram, counts.reply++, bytes => front.send(bytes, port, '127.0.0.1'))
    })
    // The target may be gone: then nothing comes back.
    back.on('error', () => {})
    backs.set(port, back)
    return back
  }
  front.on('message', (datagram, { port }) => {
    pass(request, datagram, counts.request++, bytes => backFor(port).send(bytes, targetPort, targetAddress))
  })
  front.bind(port, '127.0.0.1')
  await once(front, 'listening')
  return front.address().port
}
