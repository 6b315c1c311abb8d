import type { TimeSource } from '../../clock/source.ts'
import { type Duration, parseDurationMs } from '../../time/index.ts'

export interface SystemSourceOptions {
  /** How wrong this host's wall clock may be. Default 100 ms. */
  error?: Duration
}

/**
 * Trusts this host's wall clock within a stated bound: for hosts whose clock somebody else keeps right, and says so. Its
 * bound is that statement, and as good as it.
 */
export function system(options: SystemSourceOptions = {}): TimeSource {
  const errorMs = parseDurationMs('error', options.error ?? '100ms')
  return {
    name: 'system',
    authenticated: false,
    minPollMs: 0,
    async measure({ host }) {
      const monotonicMs = host.monotonicMs()
      const timeMs = host.wallMs()
      // Whatever held the process up between the two readings made the time that much too late.
      const heldUpMs = host.monotonicMs() - monotonicMs
      return { monotonicMs, timeMs: timeMs - heldUpMs / 2, errorMs: errorMs + heldUpMs / 2 }
    },
  }
}
