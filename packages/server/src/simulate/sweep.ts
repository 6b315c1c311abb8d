import {
  type ClockModel,
  type PolicyName,
  type Scenario,
  type SimulationResult,
  simulate,
} from 'skewproof/simulator'

/** How one policy does at one skew. */
export interface SweepPolicy {
  readonly name: PolicyName
  readonly falseRejectShare: number
  readonly lateAcceptShare: number
  readonly maxLateAcceptMs: number
}

export interface SweepPoint {
  /** How far the clock that is worst is off, at most. */
  readonly skewSeconds: number
  readonly policies: readonly SweepPolicy[]
}

const steps = 12

/** The same scenario with all offsets from none to whole. */
export function sweep(scenario: Scenario, whole: SimulationResult): readonly SweepPoint[] {
  return Array.from({ length: steps + 1 }, (_, step) => {
    const factor = step / steps
    const result = step === steps ? whole : simulate(scaleOffsets(scenario, factor))
    return {
      skewSeconds: factor * worstOffsetSeconds(scenario),
      policies: result.policies.map(({ name, falseRejectShare, lateAcceptShare, maxLateAcceptMs }) => ({
        name,
        falseRejectShare,
        lateAcceptShare,
        maxLateAcceptMs,
      })),
    }
  })
}

/** How far a wall clock of the servers, or of the issuer, is off at most; 0 where none is. */
export function worstOffsetSeconds({ servers, issuer }: Scenario): number {
  const clocks = [...servers, ...(issuer === undefined ? [] : [issuer])].map(({ clock }) => clock)
  return Math.max(0, ...clocks.map(offsetOf))
}

function offsetOf({ offsetSeconds = 0, offsetWithinSeconds = 0, steps = [] }: ClockModel): number {
  let atSeconds = offsetSeconds
  let worst = Math.abs(atSeconds)
  for (const { bySeconds } of steps) {
    atSeconds += bySeconds
    worst = Math.max(worst, Math.abs(atSeconds))
  }
  return worst + offsetWithinSeconds
}

function scaleOffsets(scenario: Scenario, factor: number): Scenario {
  return {
    ...scenario,
    servers: scenario.servers.map(server => ({ ...server, clock: scaleClock(server.clock, factor) })),
    issuer: scenario.issuer && { clock: scaleClock(scenario.issuer.clock, factor) },
  }
}

function scaleClock(clock: ClockModel, factor: number): ClockModel {
  const { offsetSeconds = 0, offsetWithinSeconds = 0, steps = [] } = clock
  return {
    ...clock,
    offsetSeconds: offsetSeconds * factor,
    offsetWithinSeconds: offsetWithinSeconds * factor,
    steps: steps.map(step => ({ ...step, bySeconds: step.bySeconds * factor })),
  }
}
