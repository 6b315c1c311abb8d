import type { FleetStore } from '../fleet-store.ts'
import { opener } from './connections.ts'
import { RedisFleet } from './fleet.ts'
import { parseOptions, type RedisStoreOptions } from './options.ts'

/** The fleet of a Redis store, for processes that need nothing else of it. */
export interface RedisFleetStore extends FleetStore {
  close(): void
}

/**
 * Where the nodes meet that share a Redis store, by one connection, which is made again for as long as it takes.
 *
 * @throws OptionError
 */
export function redisFleet(options: RedisStoreOptions): RedisFleetStore {
  const settings = parseOptions(options)
  const connection = opener(settings)()
  return Object.assign(new RedisFleet(connection, settings.keyPrefix), { close: () => connection.close() })
}
