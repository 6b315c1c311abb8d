export { ManualClock, ManualHostClock, type ManualReading } from '../clock/manual.ts'
export { describeFleetStore, type FleetStoreFixture } from './fleet-store/index.ts'
export { describeTokenStore, type StoreFixture, type TestRunner } from './token-store/index.ts'
