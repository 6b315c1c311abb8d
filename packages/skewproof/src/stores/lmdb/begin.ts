import type { HostClock } from '../../clock/host.ts'
import { continueEpoch } from './epoch.ts'
import { formatVersion, type Layout } from './layout.ts'
import { StoreOpenError } from './open-error.ts'

/**
 * Checks that the store's format is ours, and lets its clock go on where it was; within a write transaction.
 *
 * @returns store time minus uptime
 * @throws StoreOpenError when the format is another
 */
export function beginStore(layout: Layout, host: HostClock, path: string): number {
  const format = layout.getMeta('format') ?? formatVersion
  if (format !== formatVersion) {
    throw new StoreOpenError(
      `the store in ${path} has format ${format}, and this version reads ${formatVersion}; upgrade`,
    )
  }
  const reading = { bootId: host.bootId(), uptimeMs: host.uptimeMs(), wallMs: host.wallMs() }
  const epoch = continueEpoch(layout.getMeta('epoch'), layout.getMeta('lastMs') ?? 0, reading)
  layout.putMeta('format', formatVersion)
  layout.putMeta('epoch', epoch)
  return epoch.offsetMs
}
