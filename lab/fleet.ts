import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import type { ClockModel, Scenario, ServerModel } from 'skewproof/simulator'
import { eventually, freeUdpPort } from '../test/support/daemons.ts'
import { type Chronyd, launchChronyd } from '../test/support/launch-chronyd.ts'
import type { RedisServer } from '../test/support/redis-server.ts'
import { bundledServer } from './bundle.ts'
import { type Route, startHaproxy, type Target } from './haproxy.ts'
import { MachineClock } from './machine-clock.ts'
import { type PartitionedNetwork, startPartitionedNetwork } from './partition.ts'
import type { Scope } from './scope.ts'

/** The lab's own time is the machine's: that is what true time is here. */
const stratum = 2
/** On a machine that is busy. */
const startsWithinMs = 240_000

/** A server with its machine's clock, and its time daemon, where it has one. */
export interface LabServer extends Target {
  readonly model: ServerModel
  readonly clock: MachineClock
  readonly chronyd: Chronyd | undefined
  signal(signal: NodeJS.Signals): void
}

/** Everything that a story is played with. */
export interface LabFleet {
  /** Of the load balancer. */
  readonly url: string
  readonly servers: readonly LabServer[]
  readonly issuerClock: MachineClock | undefined
  readonly store: LabStore
  readonly network: PartitionedNetwork | undefined
}

/** Two Redis servers on one wrong clock, so that the commands of each pattern can be counted. */
export interface LabStore {
  readonly clock: MachineClock
  readonly textbook: RedisServer
  readonly auto: RedisServer
}

/** What all servers share. */
interface Shared {
  readonly storeKey: string
  readonly secrets: readonly Secret[]
  readonly maxTokenAgeSeconds: number
  readonly hasForeignIssuer: boolean
}

/** Starts the servers of a scenario behind a load balancer. */
export async function startFleet(scenario: Scenario, scope: Scope): Promise<LabFleet> {
  const isCut = scenario.servers.some(({ cutOff }) => cutOff.length > 0)
  const network = isCut ? await startPartitionedNetwork(scope) : undefined
  const shared = sharedSettings(scenario)
  const [store, references] = await Promise.all([
    startStore(scenario, scope, network),
    startReferences(scenario, scope),
  ])
  const servers = await Promise.all(
    scenario.servers.map(model =>
      startServer(model, { scenario, scope, store, shared, references, network }),
    ),
  )
  const issuer =
    scenario.issuer && (await startIssuer(scenario.issuer.clock, { scenario, scope, store, shared }))
  const url = await startHaproxy(routesOf(scenario, servers, issuer), scope)
  return { url, servers, issuerClock: issuer?.clock, store, network }
}

/** A shared secret, as it stands in a configuration. */
export interface Secret {
  readonly kid: string
  readonly value: string
  /** The appointed hour from which it signs, by each server's own clock. */
  readonly fromMs: number
}

export function newSecret(kid: string, fromMs: number): Secret {
  return { kid, value: randomBytes(32).toString('base64url'), fromMs }
}

function sharedSettings({ tokens, issuer }: Scenario): Shared {
  return {
    storeKey: randomBytes(32).toString('base64'),
    secrets: [newSecret('first', 0)],
    maxTokenAgeSeconds: Math.max(...tokens.map(({ lifetimeSeconds }) => lifetimeSeconds)),
    hasForeignIssuer: issuer !== undefined,
  }
}

async function startStore(
  scenario: Scenario,
  scope: Scope,
  network: PartitionedNetwork | undefined,
): Promise<LabStore> {
  const clock = new MachineClock(scenario.store.clock, scenario.durationSeconds, scope.directory())
  const reachable = network && ['--bind', '127.0.0.1', network.storeAddress, '--protected-mode', 'no']
  const options = {
    env: clock.shim.environment,
    args: [
      ...(scenario.store.outages.length > 0 ? ['--appendonly', 'yes', '--appendfsync', 'always'] : []),
      ...(reachable ?? []),
    ],
  }
  const [textbook, auto] = await Promise.all([scope.startRedis(options), scope.startRedis(options)])
  return { clock, textbook, auto }
}

/** One time server for each offset that the scenario's daemons follow; those that are not 0 lie. */
async function startReferences(scenario: Scenario, scope: Scope): Promise<ReadonlyMap<number, Chronyd>> {
  const offsets = [...new Set(scenario.servers.map(({ ntp }) => ntp.offsetSeconds))]
  const started = offsets.map(async offsetSeconds => {
    const options = { offsetMs: offsetSeconds * 1000, localStratum: stratum }
    return [offsetSeconds, await launchChronyd(options, scope.directory(), scope.start.bind(scope))] as const
  })
  return new Map(await Promise.all(started))
}

interface Surroundings {
  readonly scenario: Scenario
  readonly scope: Scope
  readonly store: LabStore
  readonly shared: Shared
}

async function startServer(
  model: ServerModel,
  surroundings: Surroundings & {
    readonly references: ReadonlyMap<number, Chronyd>
    readonly network: PartitionedNetwork | undefined
  },
): Promise<LabServer> {
  const { scenario, scope, references } = surroundings
  const network = model.cutOff.length > 0 ? surroundings.network : undefined
  const clock = new MachineClock(model.clock, scenario.durationSeconds, scope.directory())
  // In a network of its own it has no time daemon: it would not be reached there.
  const chronyd = network === undefined ? await startDaemon(model, clock, references, scope) : undefined
  const place = { name: model.name, address: network?.address ?? '127.0.0.1' }
  const { port, process } = await startProcess(place, clock, surroundings, {
    chronyPort: chronyd?.commandPort,
    enter: network?.enter ?? [],
    storeAddress: network?.storeAddress ?? '127.0.0.1',
    isIssuer: false,
  })
  return { ...place, port, model, clock, chronyd, signal: signal => void process.kill(signal) }
}

/** A daemon on the machine's wrong clock, which it measures and, like all here, may not set. */
async function startDaemon(
  { ntp }: ServerModel,
  clock: MachineClock,
  references: ReadonlyMap<number, Chronyd>,
  scope: Scope,
): Promise<Chronyd> {
  const isDead = ntp.diesAtSeconds <= 0
  const upstream = isDead ? await freeUdpPort() : references.get(ntp.offsetSeconds)?.port
  const servers = upstream === undefined ? [] : [{ port: upstream }]
  return launchChronyd({ clock: clock.shim, servers }, scope.directory(), scope.start.bind(scope))
}

async function startIssuer(
  model: ClockModel,
  surroundings: Surroundings,
): Promise<Target & { readonly clock: MachineClock }> {
  const { scenario, scope } = surroundings
  const clock = new MachineClock(model, scenario.durationSeconds, scope.directory())
  const place = { name: 'issuer', address: '127.0.0.1' }
  const options = { chronyPort: undefined, enter: [], storeAddress: '127.0.0.1', isIssuer: true }
  const { port } = await startProcess(place, clock, surroundings, options)
  return { ...place, port, clock }
}

async function startProcess(
  { name, address }: Omit<Target, 'port'>,
  clock: MachineClock,
  { scope, store, shared }: Surroundings,
  options: {
    readonly chronyPort: number | undefined
    readonly enter: readonly string[]
    readonly storeAddress: string
    readonly isIssuer: boolean
  },
): Promise<{ readonly port: number; readonly process: ChildProcess }> {
  const { enter, storeAddress, ...own } = options
  const redisAt = (server: RedisServer) => `redis://${storeAddress}:${server.port}`
  const settings = {
    ...shared,
    ...own,
    name,
    address,
    textbookRedis: redisAt(store.textbook),
    autoRedis: redisAt(store.auto),
  }
  const [command = '', ...args] = [...enter, process.execPath, await bundledServer()]
  const daemon = scope.start(command, args, {
    cwd: scope.directory(),
    env: { ...clock.shim.environment, LAB: JSON.stringify(settings) },
  })
  const port = await eventually(async () => {
    if (daemon.process.exitCode !== null) throw new Error(`${name} ended:\n${daemon.output()}`)
    const listening = /^\{.*"port":(\d+).*\}$/m.exec(daemon.output())?.[1]
    if (listening === undefined) throw new Error(`${name} does not listen yet:\n${daemon.output()}`)
    return Number(listening)
  }, startsWithinMs)
  return { port, process: daemon.process }
}

function routesOf(
  { policies }: Scenario,
  servers: readonly LabServer[],
  issuer: Target | undefined,
): readonly Route[] {
  const issuers = issuer === undefined ? servers : [issuer]
  return [
    { path: '/plain/', targets: issuers },
    ...(['textbook', 'auto'] as const).flatMap(name => [
      { path: `/${name}/login`, targets: servers },
      { path: `/${name}/logout`, targets: servers },
    ]),
    ...policies.map(name => ({ path: `/${name}/`, targets: servers })),
  ]
}
