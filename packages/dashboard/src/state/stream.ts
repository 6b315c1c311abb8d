import type { FleetStatus } from 'skewproof/fleet'
import type { Happening, NodesEvent } from '../wire/fleet.ts'
import { mayRead } from './session.ts'

export interface StreamHandlers {
  fleet(body: FleetStatus, atMs: number): void
  nodes(body: NodesEvent, atMs: number): void
  happening(body: Happening): void
  lost(): void
  /** The service shows nothing without a login. */
  refused(): void
}

const retryMs = 2000

let current: EventSource | undefined
let retry: ReturnType<typeof setTimeout> | undefined

/** Listens to the service's events, as long as it takes; a second call ends what the first began. */
export function openStream(url: string, handlers: StreamHandlers): void {
  closeStream()
  const source = new EventSource(url)
  current = source

  const listen = <Body>(name: string, handle: (body: Body, atMs: number) => void) => {
    source.addEventListener(name, ({ data, timeStamp }: MessageEvent<string>) => {
      handle(JSON.parse(data) as Body, timeStamp)
    })
  }
  listen('fleet', handlers.fleet)
  listen('nodes', handlers.nodes)
  listen('happening', handlers.happening)
  source.addEventListener('error', async () => {
    handlers.lost()
    // The browser tries again by itself, unless it was answered with an error.
    if (source.readyState !== EventSource.CLOSED) return
    const isAllowed = await mayRead()
    if (current !== source) return
    if (isAllowed === false) handlers.refused()
    else retry = setTimeout(() => openStream(url, handlers), retryMs)
  })
}

export function closeStream(): void {
  clearTimeout(retry)
  current?.close()
  current = undefined
}
