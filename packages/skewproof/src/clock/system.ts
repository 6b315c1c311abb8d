import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import type { HostClock } from './host.ts'

// `performance.now()` counts from the start of the process; this moves its zero to the kernel's, which processes share.
const processStartMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()
const isLinux = process.platform === 'linux'

function monotonicMs(): number {
  return processStartMs + performance.now()
}

/** How long the machine slept since its boot, as far as it has been seen: the uptime counts that, the monotonic clock does not. */
let sleptMs = Number.NEGATIVE_INFINITY
let seenAtMonotonicMs = Number.NEGATIVE_INFINITY
let seenPartingMs = 0

/** A machine that slept shows another time on its wall clock. Where that tells nothing, so often is looked all the same. */
const lookAgainAfterMs = 100
const partingNoiseMs = 1

/**
 * The uptime (`CLOCK_BOOTTIME`), which only Linux has independent of the wall clock. The system makes a file of it, which takes
 * longer than most of what is timed by it: so it is read when the other two clocks say that the machine may have slept. It is
 * rounded down, and never less than it was.
 */
function uptimeMs(): number {
  const nowMs = monotonicMs()
  const partingMs = Date.now() - nowMs
  if (nowMs - seenAtMonotonicMs > lookAgainAfterMs || Math.abs(partingMs - seenPartingMs) > partingNoiseMs) {
    sleptMs = Math.max(sleptMs, uptime() * 1000 - monotonicMs())
    seenAtMonotonicMs = nowMs
    seenPartingMs = partingMs
  }
  return nowMs + sleptMs
}

function readBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    return undefined
  }
}

/** This machine's clocks. The only file that touches them. */
export const systemHostClock: HostClock = {
  wallMs: () => Date.now(),
  monotonicMs,
  uptimeMs: isLinux ? uptimeMs : monotonicMs,
  bootId: readBootId,
}
