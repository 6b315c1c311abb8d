export type {
  ChangeFeed,
  Durability,
  FamilyRotation,
  LiveToken,
  PageRequest,
  RefreshFamily,
  RevocationReceipt,
  RevokedPlaces,
  RotationOutcome,
  StatusPlace,
  StoreChange,
  StoredDocument,
  TokenPage,
  TokenRecord,
  TokenStore,
} from '../tokens/store.ts'
export type {
  FleetDescriptions,
  FleetReading,
  FleetStore,
  NodeDescription,
  NodeWord,
  WithFleet,
} from './fleet-store.ts'
export { observedFleet } from './observed-fleet.ts'
