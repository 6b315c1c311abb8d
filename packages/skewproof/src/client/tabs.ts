import { webLocks } from './scope.ts'

/** The tabs and workers of an origin that share a session. */
export interface Tabs {
  /** Also when a page comes back from the back/forward cache, which it cannot enter with an open channel. */
  open(): void
  post(message: unknown): void
  close(): void
  /** Lets one of them work at a time, as far as the browser can. */
  exclusively(work: () => Promise<void>): Promise<void>
}

/** Who shares its session with nobody. */
export const alone: Tabs = { open() {}, post() {}, close() {}, exclusively: work => work() }

/** A tab that holds the lock for longer has come to a stop: better two refreshes than none. */
const maxLockWaitMs = 20_000

/** @param name what they share it under; without one, this one is alone */
export function joinTabs(
  name: string | null | undefined,
  settle: () => Promise<void>,
  hear: (message: unknown) => void,
): Tabs {
  const locks = webLocks()
  let channel: InstanceType<typeof BroadcastChannel> | undefined

  const tabs: Tabs = {
    open() {
      if (!name || channel) return
      try {
        channel = new BroadcastChannel(name)
      } catch {
        // A page without an origin of its own, as in a sandbox, may have none.
        return
      }
      channel.onmessage = (event: { readonly data: unknown }) => hear(event.data)
      tabs.post('hello')
    },
    post: message => channel?.postMessage(message),
    close() {
      channel?.close()
      channel = undefined
    },
    exclusively: work =>
      new Promise((resolve, reject) => {
        const workNow = () => work().then(resolve, reject)
        if (!name || !locks) return workNow()
        const signal = AbortSignal.timeout(maxLockWaitMs)
        // Kept a little longer than the work takes: so that the others have heard of it before one of them goes on.
        // Refused: not granted in time, or this page may not have locks at all.
        return locks.request(name, { signal }, () => workNow().then(settle)).catch(workNow)
      }),
  }
  return tabs
}
