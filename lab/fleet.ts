import { randomBytes } from 'node:crypto'
import type { ClockModel, Scenario, ServerModel } from 'skewproof/simulator'
import { ShimmedClock } from '../test/support/clock-shim.ts'
import { freeUdpPort } from '../test/support/daemons.ts'
import { type Chronyd, launchChronyd } from '../test/support/launch-chronyd.ts'
import type { RedisServer } from '../test/support/redis-server.ts'
import { type Route, startHaproxy, type Target } from './haproxy.ts'
import { MachineClock } from './machine-clock.ts'
import { beginStory, type Machine, type Machines, startMachine } from './machines.ts'
import { type PartitionedNetwork, startPartitionedNetwork } from './partition.ts'
import type { Scope } from './scope.ts'

/** The lab's own time is the machine's: that is what true time is here. */
const stratum = 2

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

/** Sets up the servers of a scenario behind a load balancer. */
export async function startFleet(scenario: Scenario, scope: Scope, machines: Machines): Promise<LabFleet> {
  const isCut = scenario.servers.some(({ cutOff }) => cutOff.length > 0)
  const network = isCut ? await startPartitionedNetwork(scope) : undefined
  const shared = sharedSettings(scenario)
  const [store, references] = await Promise.all([
    startStore(scenario, scope, network),
    startReferences(scenario, scope),
  ])
  const servers = await Promise.all(
    scenario.servers.map(model =>
      startServer(model, { scenario, scope, machines, store, shared, references, network }),
    ),
  )
  const issuer =
    scenario.issuer &&
    (await startIssuer(scenario.issuer.clock, { scenario, scope, machines, store, shared }))
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
  const clock = new MachineClock(
    scenario.store.clock,
    scenario.durationSeconds,
    new ShimmedClock(scope.directory()),
  )
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
  readonly machines: Machines
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
  const { scenario, scope, references, machines } = surroundings
  const network = model.cutOff.length > 0 ? surroundings.network : undefined
  const machine = await (network === undefined ? machines.lend(scope) : startMachine(network, scope))
  const clock = new MachineClock(model.clock, scenario.durationSeconds, machine.clock)
  // In a network of its own it has no time daemon: it would not be reached there.
  const chronyd = network === undefined ? await startDaemon(model, clock, references, scope) : undefined
  const { name } = model
  const chronyPort = chronyd?.commandPort
  await begin(machine, surroundings, { name, chronyPort, isIssuer: false }, network?.storeAddress)
  const { address, port } = machine
  return { name, address, port, model, clock, chronyd, signal: signal => void machine.process.kill(signal) }
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
  const { scenario, scope, machines } = surroundings
  const machine = await machines.lend(scope)
  const clock = new MachineClock(model, scenario.durationSeconds, machine.clock)
  const name = 'issuer'
  await begin(machine, surroundings, { name, chronyPort: undefined, isIssuer: true })
  return { name, address: machine.address, port: machine.port, clock }
}

function begin(
  machine: Machine,
  { store, shared }: Surroundings,
  own: { readonly name: string; readonly chronyPort: number | undefined; readonly isIssuer: boolean },
  storeAddress = '127.0.0.1',
): Promise<void> {
  const redisAt = (server: RedisServer) => `redis://${storeAddress}:${server.port}`
  return beginStory(machine, {
    ...shared,
    ...own,
    textbookRedis: redisAt(store.textbook),
    autoRedis: redisAt(store.auto),
  })
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
