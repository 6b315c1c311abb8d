export { beatIntervalMs, staleAfterMs } from './cadence.ts'
export {
  type CommonView,
  type CommonViewLimits,
  reportOn,
  type StoreReport,
  utcByView,
  viewInCommon,
  votesFor,
} from './common-view.ts'
export { createClock, type NamedSourcesClockOptions } from './create-clock.ts'
export { describeFleet, type Observer } from './describe.ts'
export type { OwnFacts } from './description.ts'
export { type IdentityOptions, type NodeIdentity, nodeIdentity } from './identity.ts'
export { IssuerWatch, type SeenToken } from './issuers.ts'
export { type FleetKnowledge, FleetMember, type FleetMemberOptions } from './member.ts'
export {
  type FleetAlarm,
  fleetAlarm,
  initialReadiness,
  nextReadiness,
  type Readiness,
  type ReadinessFacts,
  type ReadinessLimits,
  readinessFacts,
  readinessLimits,
} from './readiness.ts'
export type { NodeReport, NodeRole, StoreClaim } from './report.ts'
export { type Finding, fleetSourceName, judgeFleet } from './sentence.ts'
export type {
  FleetNode,
  FleetStatus,
  FleetView,
  Happening,
  IssuerSkew,
  NodeSource,
  NodeStanding,
  ReadinessReason,
} from './status.ts'
