/** What browsers keep of a longer delay would call back at once. */
const maxDelayMs = 2_000_000_000

/** What the client needs of the device that it runs on. */
export interface Device {
  /** The clock that the user sees, ms since the Unix epoch. It may be years off, and anybody may set it at any moment. */
  wallMs(): number
  /** Never set, but it may stand still while the device sleeps. */
  monotonicMs(): number
  /** Calls back after a time, or later: timers of background tabs and of sleeping devices are late. Gives the way to cancel. */
  setTimer(callback: () => void, delayMs: number): () => void
  /** As `setTimer`, for what somebody waits for: a process stays alive until then. */
  sleep(delayMs: number): Promise<void>
}

/** Both clocks of a device, read at once. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

export function readClocks(device: Device): Moment {
  return { wallMs: device.wallMs(), monotonicMs: device.monotonicMs() }
}

/** This device's clocks and timers. The only file of the client that touches the clocks. */
export const systemDevice: Device = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, Math.min(delayMs, maxDelayMs))
    // In Node, waiting for a token to grow old is no reason to stay alive.
    timer.unref?.()
    return () => clearTimeout(timer)
  },
  sleep: delayMs => new Promise(resolve => setTimeout(resolve, delayMs)),
}
