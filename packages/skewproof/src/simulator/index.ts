export {
  type ClockModel,
  type ClockSegment,
  type ClockSmear,
  type ClockStep,
  type ClockSuspend,
  clockSegments,
  runOn,
} from './clock-model.ts'
export { josePolicy, jsonwebtokenPolicy, type PeerPolicy, type PeerVerdict } from './peers.ts'
export { maxStalenessMs } from './policies.ts'
export { Random } from './random.ts'
export { maxServers, readScenario } from './read-scenario.ts'
export { type RecordedToken, type RecordedUse, type ReplayedAnswers, replay, type Span } from './replay.ts'
export {
  type Amount,
  type Expectation,
  hasten,
  type IssuerModel,
  type NtpModel,
  type Period,
  type PolicyName,
  policyNames,
  policyTitles,
  type QuickModel,
  retime,
  type Scenario,
  type ServerModel,
  type StoreModel,
  type TokenModel,
  type TrafficModel,
} from './scenario.ts'
export { type ClockResult, Simulation, type SimulationResult, simulate } from './simulation.ts'
export { type Answer, type PolicyResult, Tally } from './tally.ts'
export { type TrafficEvent, trafficOf } from './traffic.ts'
