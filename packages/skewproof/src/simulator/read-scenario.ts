import { OptionError } from '../time/option-error.ts'
import type { ClockModel, ClockSmear, ClockStep, ClockSuspend } from './clock-model.ts'
import { Fields } from './fields.ts'
import {
  type Amount,
  type Expectation,
  type NtpModel,
  type Period,
  type PolicyName,
  policyNames,
  type QuickModel,
  type Scenario,
  type ServerModel,
  type StoreModel,
  type TokenModel,
  type TrafficModel,
} from './scenario.ts'

const yearSeconds = 31_536_000
const instant = { min: 0, max: yearSeconds }
const offset = { min: -10 * yearSeconds, max: 10 * yearSeconds }
const share = { min: 0, max: 1 }

export const maxServers = 100_000

/**
 * Checks a scenario as somebody wrote it, in YAML, JSON or code, and fills in what was left out.
 *
 * @throws OptionError that names the field and says what to write instead
 */
export function readScenario(value: unknown): Scenario {
  const fields = new Fields(value, '')
  const durationSeconds = fields.number('durationSeconds', { min: 1, max: yearSeconds }, 60)
  const traffic = readTraffic(fields.raw('traffic') ?? {}, 'traffic')
  const scenario: Scenario = {
    name: readName(fields),
    title: fields.text('title', 'A scenario without a title'),
    about: fields.text('about', '-'),
    seed: fields.number('seed', { min: 0, max: 2 ** 32 - 1 }, 1),
    durationSeconds,
    quick: readQuick(fields.raw('quick') ?? {}, durationSeconds, traffic),
    servers: readServers(fields),
    store: readStore(fields.raw('store') ?? {}, 'store'),
    issuer: fields.has('issuer') ? readIssuer(fields.raw('issuer')) : undefined,
    keyRotatesAtSeconds: fields.optionalNumber('keyRotatesAtSeconds', instant),
    tokens: readTokens(fields),
    traffic,
    policies: readPolicies(fields),
    culprits: fields.list('culprits', readText),
    expect: readExpectations(fields.raw('expect') ?? {}),
  }
  fields.done()
  requireKnownCulprits(scenario)
  return scenario
}

function readName(fields: Fields): string {
  const name = fields.text('name', 'scenario')
  if (!/^[a-z0-9-]{1,64}$/.test(name))
    throw new OptionError('name', 'use 1 to 64 small letters, digits and hyphens')
  return name
}

function readServers(fields: Fields): readonly ServerModel[] {
  const groups = fields.list('servers', readServerGroup)
  const servers = groups.length === 0 ? readServerGroup({ count: 5 }, 'servers') : groups.flat()
  if (servers.length > maxServers) throw new OptionError('servers', `use at most ${maxServers} in all`)
  return servers.map((server, index) => ({ ...server, name: server.name || `s${index + 1}` }))
}

/** Several machines of one kind, or one with a name. */
function readServerGroup(value: unknown, path: string): readonly ServerModel[] {
  const fields = new Fields(value, path)
  const count = Math.floor(fields.number('count', { min: 1, max: maxServers }, 1))
  const server: ServerModel = {
    name: fields.has('name') ? fields.text('name') : '',
    clock: readClock(fields.raw('clock') ?? {}, fields.pathOf('clock')),
    ntp: readNtp(fields.raw('ntp') ?? 'good', fields.pathOf('ntp')),
    cutOff: fields.list('cutOff', readPeriod),
  }
  fields.done()
  if (count > 1 && server.name !== '')
    throw new OptionError(fields.pathOf('name'), 'only one server can have it: leave out count')
  return Array.from({ length: count }, () => server)
}

/** The fields of a clock; also the simulator's page uses them. */
export function readClock(value: unknown, path: string): ClockModel {
  const fields = new Fields(value, path)
  const smear = fields.raw('smear')
  const clock: ClockModel = {
    offsetSeconds: fields.number('offsetSeconds', offset, 0),
    offsetWithinSeconds: fields.number('offsetWithinSeconds', { min: 0, max: yearSeconds }, 0),
    driftPpm: fields.number('driftPpm', { min: -100_000, max: 100_000 }, 0),
    wanderPpm: fields.number('wanderPpm', { min: 0, max: 1000 }, 0),
    steps: fields.list('steps', readStep),
    suspends: fields.list('suspends', readSuspend),
    ...(smear !== undefined && { smear: readSmear(smear, fields.pathOf('smear')) }),
  }
  fields.done()
  return clock
}

function readStep(value: unknown, path: string): ClockStep {
  const fields = new Fields(value, path)
  const step = {
    atSeconds: fields.number('atSeconds', instant),
    bySeconds: fields.number('bySeconds', offset),
  }
  fields.done()
  return step
}

function readSuspend(value: unknown, path: string): ClockSuspend {
  const fields = new Fields(value, path)
  const forSeconds = fields.number('forSeconds', { min: 0.001, max: yearSeconds })
  const suspend = {
    atSeconds: fields.number('atSeconds', instant),
    forSeconds,
    wallLosesSeconds: fields.number('wallLosesSeconds', offset, forSeconds),
    monotonicLosesSeconds: fields.number('monotonicLosesSeconds', { min: 0, max: forSeconds }, forSeconds),
  }
  fields.done()
  return suspend
}

function readSmear(value: unknown, path: string): ClockSmear {
  const fields = new Fields(value, path)
  const smear = {
    fromSeconds: fields.number('fromSeconds', { min: -yearSeconds, max: yearSeconds }),
    forSeconds: fields.number('forSeconds', { min: 1, max: yearSeconds }),
    bySeconds: fields.number('bySeconds', { min: -10, max: 10 }),
  }
  fields.done()
  return smear
}

const ntpWords = ['good', 'dead'] as const
const defaultNtpErrorMs = 2

function readNtp(value: unknown, path: string): NtpModel {
  if (value === 'good' || value === 'dead') {
    return {
      diesAtSeconds: value === 'dead' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
      offsetSeconds: 0,
      errorMs: defaultNtpErrorMs,
    }
  }
  if (typeof value === 'string') throw new OptionError(path, `use ${ntpWords.join(', ')} or an object`)
  const fields = new Fields(value, path)
  const ntp = {
    diesAtSeconds: fields.optionalNumber('diesAtSeconds', instant) ?? Number.POSITIVE_INFINITY,
    offsetSeconds: fields.number('offsetSeconds', offset, 0),
    errorMs: fields.number('errorMs', { min: 0.001, max: 1000 }, defaultNtpErrorMs),
  }
  fields.done()
  return ntp
}

function readPeriod(value: unknown, path: string): Period {
  const fields = new Fields(value, path)
  const fromSeconds = fields.number('fromSeconds', instant)
  const period = {
    fromSeconds,
    toSeconds: fields.number('toSeconds', { min: fromSeconds, max: yearSeconds }),
  }
  fields.done()
  return period
}

function readStore(value: unknown, path: string): StoreModel {
  const fields = new Fields(value, path)
  const store = {
    clock: readClock(fields.raw('clock') ?? {}, fields.pathOf('clock')),
    roundTripMs: fields.number('roundTripMs', { min: 0, max: 10_000 }, 1),
    outages: fields.list('outages', readPeriod),
  }
  fields.done()
  return store
}

function readIssuer(value: unknown): { readonly clock: ClockModel } {
  const fields = new Fields(value, 'issuer')
  const issuer = { clock: readClock(fields.raw('clock') ?? {}, 'issuer.clock') }
  fields.done()
  return issuer
}

function readTokens(fields: Fields): readonly TokenModel[] {
  const tokens = fields.list('tokens', readToken)
  return tokens.length > 0 ? tokens : [{ lifetimeSeconds: 900, share: 1, notBefore: true }]
}

function readToken(value: unknown, path: string): TokenModel {
  const fields = new Fields(value, path)
  const token = {
    lifetimeSeconds: fields.number('lifetimeSeconds', { min: 1, max: yearSeconds }),
    share: fields.number('share', { min: 0.001, max: 1000 }, 1),
    notBefore: fields.boolean('notBefore', true),
  }
  fields.done()
  return token
}

const quickestSeconds = 6

function readQuick(value: unknown, wholeSeconds: number, whole: TrafficModel): QuickModel {
  const fields = new Fields(value, 'quick')
  const limits = { min: 1, max: wholeSeconds }
  const own = fields.raw('traffic')
  const quick = {
    durationSeconds: fields.number('durationSeconds', limits, Math.min(quickestSeconds, wholeSeconds)),
    traffic: own === undefined ? whole : readTraffic(own, 'quick.traffic'),
  }
  fields.done()
  return quick
}

function readTraffic(value: unknown, path: string): TrafficModel {
  const fields = new Fields(value, path)
  const traffic = {
    loginsPerSecond: fields.number('loginsPerSecond', { min: 0.001, max: 1_000_000 }, 2),
    secondsBetweenUses: fields.number('secondsBetweenUses', { min: 0.001, max: yearSeconds }, 1),
    presentedForSeconds: fields.number('presentedForSeconds', { min: 0, max: yearSeconds }, 60),
    revokedShare: fields.number('revokedShare', share, 0.1),
    revokedAfterSeconds: fields.number('revokedAfterSeconds', { min: 0.001, max: yearSeconds }, 10),
  }
  fields.done()
  return traffic
}

function readPolicies(fields: Fields): readonly PolicyName[] {
  const names = fields.list('policies', readPolicy)
  return names.length === 0 ? policyNames : policyNames.filter(name => names.includes(name))
}

function readPolicy(value: unknown, path: string): PolicyName {
  const name = policyNames.find(candidate => candidate === value)
  if (name === undefined) throw new OptionError(path, `use one of ${policyNames.join(', ')}`)
  return name
}

function readText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new OptionError(path, 'use a text')
  return value
}

const amounts: readonly Amount[] = ['none', 'some']

function readExpectations(value: unknown): Scenario['expect'] {
  const fields = new Fields(value, 'expect')
  const read = policyNames.flatMap(name =>
    fields.has(name) ? [[name, readExpectation(fields.raw(name), `expect.${name}`)]] : [],
  )
  fields.done()
  return Object.fromEntries(read) as Scenario['expect']
}

function readExpectation(value: unknown, path: string): Expectation {
  const fields = new Fields(value, path)
  const names = ['freshRefused', 'expiredAccepted', 'revokedAccepted'] as const
  const read = names.map(name => [name, fields.choice(name, amounts)] as const)
  fields.done()
  return Object.fromEntries(read.filter(([, amount]) => amount !== undefined))
}

function requireKnownCulprits({ culprits, servers, issuer }: Scenario): void {
  const known = new Set([
    ...servers.map(({ name }) => name),
    'store',
    ...(issuer === undefined ? [] : ['issuer']),
  ])
  const unknown = culprits.find(name => !known.has(name))
  if (unknown !== undefined)
    throw new OptionError('culprits', `${JSON.stringify(unknown)} is no server, nor store, nor issuer`)
}
