import { operationsOf } from '../tokens/store-operations.ts'
import type { FleetDescriptions, FleetReading, FleetStore, NodeWord, WithFleet } from './fleet-store.ts'

/** The fleet of a store; who hears of the store's operations (`observeStore`) hears of the fleet's as well. */
export function observedFleet(store: WithFleet): FleetStore {
  const { fleet } = store
  const operations = operationsOf(store)
  return {
    beatEveryMs: fleet.beatEveryMs,
    resolutionMs: fleet.resolutionMs,
    tellsTimeOfDay: fleet.tellsTimeOfDay,
    beat: (word: NodeWord): Promise<FleetReading> => operations.observe('beat', () => fleet.beat(word)),
    readDescriptions: (): Promise<FleetDescriptions> =>
      operations.observe('readDescriptions', () => fleet.readDescriptions()),
    leave: (node: string): Promise<void> => operations.observe('leave', () => fleet.leave(node)),
  }
}
