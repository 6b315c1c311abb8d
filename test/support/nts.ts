import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Certificate } from './certificates.ts'
import { type Chronyd, type ChronydOptions, startChronyd } from './chronyd.ts'
import { freePort } from './processes.ts'
import { type RelayOptions, startUdpRelay } from './udp-relay.ts'

export interface NtsServerOptions extends ChronydOptions {
  readonly certificate: Certificate
  /** Where it establishes keys. Default: any port that is free. */
  readonly ntsPort?: number
}

/** A real chronyd that serves NTS, with keys of its own that die with it. */
export interface NtsServer extends Chronyd {
  readonly ntsPort: number
}

/** Starts a chronyd that serves NTS; it ends with the test. */
export async function startNtsServer(options: NtsServerOptions): Promise<NtsServer> {
  const ntsPort = options.ntsPort ?? (await freePort())
  const { key, certificate } = options.certificate
  const lines = [`ntsserverkey ${key}`, `ntsservercert ${certificate}`, `ntsport ${ntsPort}`]
  const daemon = await startChronyd({
    ...options,
    lines: [...lines, ...(options.lines ?? [])],
  })
  return { ...daemon, ntsPort }
}

/** Stands between an NTS server and who asks it. */
export interface NtsRelay {
  /** How many key establishments were begun. */
  keyEstablishments(): number
}

/** Where a server listens that is asked through a relay. An address is what NTS tells clients; the ports it cannot change. */
export const behindRelay = '127.0.0.2'

/** Relays, at the ports of 127.0.0.1 that the server has at `behindRelay`; it ends with the test. */
export async function startNtsRelay(
  { port, ntsPort }: Pick<NtsServer, 'port' | 'ntsPort'>,
  options: Pick<RelayOptions, 'request' | 'reply'> = {},
): Promise<NtsRelay> {
  await startUdpRelay(port, { ...options, targetAddress: behindRelay, port })
  const sockets = new Set<Socket>()
  let count = 0
  const relay = createServer(front => {
    count += 1
    const back = connect(ntsPort, behindRelay)
    for (const [from, to] of [
      [front, back],
      [back, front],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
    }
  })
  relay.listen(ntsPort, '127.0.0.1')
  await once(relay, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    relay.close()
  })
  return { keyEstablishments: () => count }
}
