/** Every check that there is; `docs/doctor.md` explains each. */
export const checkIds = [
  'daemon.installed',
  'daemon.running',
  'daemon.single',
  'time.synchronized',
  'time.offset',
  'time.sources',
  'time.leap',
  'time.falsetickers',
  'cloud.source',
  'host.clocksource',
  'host.container',
  'host.faked-clock',
  'tolerance.configured',
  'redis.reachable',
  'redis.version',
  'redis.clock',
  'redis.eviction',
  'redis.persistence',
  'service.reachable',
  'service.health',
  'service.server-time',
  'service.clock',
  'service.offset',
  'service.expires-in',
  'project.files',
  'project.tolerance',
  'project.ignore-expiration',
  'project.exp',
] as const

export type CheckId = (typeof checkIds)[number]

/** `skip`: it does not apply here, or cannot be told. Only `fail` makes the whole a finding. */
export type CheckStatus = 'pass' | 'warn' | 'fail' | 'skip'

/** One line of the checklist. */
export interface Check {
  readonly id: CheckId
  readonly status: CheckStatus
  readonly message: string
  /** What to do about it. */
  readonly fix?: string
  /** Where it is in the source of a project, from 1. */
  readonly location?: { readonly file: string; readonly line: number; readonly column: number }
  /** The lines of the source, without what may be secret. */
  readonly frame?: string
}

export interface Report {
  /** Whether nothing fails. */
  readonly ok: boolean
  readonly checks: readonly Check[]
}

export function pass(id: CheckId, message: string): Check {
  return { id, status: 'pass', message }
}

export function warn(id: CheckId, message: string, fix: string): Check {
  return { id, status: 'warn', message, fix }
}

export function fail(id: CheckId, message: string, fix: string): Check {
  return { id, status: 'fail', message, fix }
}

export function skip(id: CheckId, message: string, fix?: string): Check {
  return { id, status: 'skip', message, ...(fix !== undefined && { fix }) }
}

export function reportOf(checks: readonly Check[]): Report {
  return { ok: !checks.some(({ status }) => status === 'fail'), checks }
}
