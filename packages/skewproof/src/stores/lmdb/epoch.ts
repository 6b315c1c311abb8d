/**
 * The store's own clock. It runs on the machine's uptime, which all processes of a boot read alike and nobody can set, and
 * goes on where it was after a reboot. It need not be right: it only measures how old records are.
 */
export interface Epoch {
  /** The boot on which `offsetMs` holds. */
  readonly bootId: string | undefined
  /** Store time minus uptime. */
  readonly offsetMs: number
}

export interface BootReading {
  readonly bootId: string | undefined
  readonly uptimeMs: number
  readonly wallMs: number
}

/**
 * The epoch to use from now on.
 *
 * Across a reboot only the wall clock can tell how long the machine was off. When it is behind, records live longer than
 * they should, and verifiers still judge `exp` themselves; when it is ahead, they die early. Store time never goes back.
 *
 * @param lastMs the latest store time that was written down
 */
export function continueEpoch(epoch: Epoch | undefined, lastMs: number, now: BootReading): Epoch {
  const isSameBoot =
    epoch !== undefined && epoch.bootId === now.bootId && now.uptimeMs + epoch.offsetMs >= lastMs
  if (isSameBoot) return epoch
  return { bootId: now.bootId, offsetMs: Math.max(lastMs, now.wallMs) - now.uptimeMs }
}
