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
      return { monotonicMs: host.monotonicMs(), timeMs: host.wallMs(), errorMs }
    },
  }
}
