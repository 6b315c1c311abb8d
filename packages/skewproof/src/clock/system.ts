import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import type { HostClock } from './host.ts'
import { uptimeBy } from './uptime.ts'

// `performance.now()` counts from the start of the process; this moves its zero to the kernel's, which processes share.
const processStartMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()
const isLinux = process.platform === 'linux'

function wallMs(): number {
  return Date.now()
}

function monotonicMs(): number {
  return processStartMs + performance.now()
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
  wallMs,
  monotonicMs,
  // Only on Linux is the uptime (`CLOCK_BOOTTIME`) independent of the wall clock; elsewhere a step would move it. The system makes a
  // file of it, which takes longer than most of what is timed by it.
  uptimeMs: isLinux ? uptimeBy({ wallMs, monotonicMs, uptimeMs: () => uptime() * 1000 }) : monotonicMs,
  bootId: readBootId,
}
