import { isDeepStrictEqual } from 'node:util'
import type { Scenario } from 'skewproof/simulator'
import { urlOf } from './events.ts'
import type { LabFleet } from './fleet.ts'
import type { PolicyObservation } from './outcomes.ts'

/** What one server says of its own clock. */
export interface ClockReport {
  readonly name: string
  readonly status: string
  readonly errorMs: number | null
  readonly wallOffsetMs: number | null
  readonly sources: readonly { readonly name: string; readonly status: string }[]
}

/** Whom a policy told the operator to look at. */
export interface Diagnosis {
  readonly named: readonly string[]
  readonly isRight: boolean
}

/** A wall clock that is further off is worth a name. */
const notableMs = 250

export async function readClocks({ servers }: LabFleet): Promise<readonly ClockReport[]> {
  const reports = servers.map(async server => {
    try {
      const answer = await fetch(urlOf(server, '/lab/clock'), { signal: AbortSignal.timeout(3000) })
      return (await answer.json()) as ClockReport
    } catch {
      return { name: server.name, status: 'silent', errorMs: null, wallOffsetMs: null, sources: [] }
    }
  })
  return Promise.all(reports)
}

/**
 * Whom a policy names: `auto` by what the servers' clocks report of themselves, and all by what their refusals say. An error
 * such as `jwt expired` names nobody.
 */
export function diagnose(
  scenario: Scenario,
  { name, blamed }: PolicyObservation,
  clocks: readonly ClockReport[],
): Diagnosis {
  const servers = name === 'auto' ? clocks.filter(isNotable).map(clock => clock.name) : []
  const issuer = scenario.issuer !== undefined && blamed.includes('issuer') ? ['issuer'] : []
  const named = [...servers, ...issuer]
  return { named, isRight: isDeepStrictEqual(named.toSorted(), scenario.culprits.toSorted()) }
}

function isNotable({ wallOffsetMs, errorMs }: ClockReport): boolean {
  return Math.abs(wallOffsetMs ?? 0) > notableMs + (errorMs ?? 0)
}
