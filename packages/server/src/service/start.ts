import { basename, relative } from 'node:path'
import type { FastifyInstance } from 'fastify'
import {
  type Algorithm,
  type BoundedClock,
  createClock,
  createTokenService,
  formatDuration,
  observeStore,
  type TokenService,
  type TokenStore,
} from 'skewproof'
import { fleetSourceName, nodeIdentity } from 'skewproof/fleet'
import { parseDurationMs } from 'skewproof/time'
import { openHostClock } from '../host-clock.ts'
import { UsageError } from '../usage-error.ts'
import { version } from '../version.ts'
import { buildApp } from './app.ts'
import { adminScope, ClientRegistry } from './clients.ts'
import { credentialsPath, writeCredentials } from './credentials.ts'
import { ServiceFleet } from './fleet/service-fleet.ts'
import { describeStore, openStore, type StoreSettings } from './store.ts'
import { isExportWanted } from './telemetry/endpoints.ts'
import { MetricsPage } from './telemetry/metrics-page.ts'

export interface ServiceSettings extends StoreSettings {
  readonly host: string
  readonly port: number
  /** What this machine is called in the fleet; default: its host name. */
  readonly node?: string
  /** The `iss` of the tokens; default: where the service listens. */
  readonly issuer?: string
  readonly algorithm: string
  /** Where time is measured, as `--source` names it; without any: what this host has. */
  readonly source: readonly string[]
  readonly clockTolerance: string
  readonly maxExpiresIn: string
  readonly refreshExpiresIn: string
  /** Whether tokens name a status list, and the lists are published. */
  readonly statusList: boolean
  readonly statusListTtl: string
  readonly rateLimit: number
  /** Whether the fleet is shown on loopback, too, to administrators alone. */
  readonly requireLogin: boolean
  /** How long a login to the dashboard is good. */
  readonly sessionExpiresIn: string
  /** Seconds. */
  readonly requestTimeout: number
  readonly logLevel: string
}

export interface Preparation {
  /** Where the administrator's credentials are, when this start has made them. */
  readonly newCredentials: string | undefined
}

export interface RunningService {
  readonly url: string
  /** Stops taking requests, finishes those under way, and closes the store. */
  stop(): Promise<void>
}

/** The first start: the directory, a key and the administrator's client. Later starts find them. */
export async function prepareService(
  settings: ServiceSettings,
  resetCredentials: boolean,
): Promise<Preparation> {
  const store = await openStore(settings)
  try {
    const clock = await createClock({ sources: [] })
    const parts = openParts(settings, observeStore(store), clock)
    try {
      await parts.tokens.keys.signingKey()
      const credentials = resetCredentials
        ? await parts.clients.add({ scope: adminScope, isAdmin: true })
        : await parts.clients.addFirstAdmin()
      return { newCredentials: credentials && writeCredentials(settings.dataDir, credentials) }
    } finally {
      closeParts(parts)
      clock.close()
    }
  } finally {
    // What it has open would keep the process alive.
    await store.close()
  }
}

/** @throws UsageError when the address cannot be listened on */
export async function startService(settings: ServiceSettings): Promise<RunningService> {
  const store = await openStore(settings)
  const ends: (() => Promise<void> | void)[] = [() => store.close()]
  const closeAll = async (): Promise<void> => {
    for (const end of ends.reverse()) await end()
  }
  const requestTimeoutMs = settings.requestTimeout * 1000
  try {
    const fleet = new ServiceFleet(store, nodeIdentity({ name: settings.node, version }))
    ends.push(() => fleet.close())
    const clock = await openHostClock(settings.source, [fleet.member])
    ends.push(() => clock.close())
    const parts = openParts(settings, observeStore(store), clock)
    ends.push(() => closeParts(parts))
    fleet.watch(clock, parts.tokens)
    const metrics = new MetricsPage({ ...parts, fleet })
    ends.push(() => metrics.stop())
    // Loaded only where it is wanted: it is larger than all the rest.
    const otlp = isExportWanted(process.env) ? await import('./telemetry/otlp.ts') : undefined
    const app = await buildApp(
      {
        ...parts,
        fleet,
        metrics,
        issuer: issuerOf(settings),
        rateLimit: settings.rateLimit,
        isLoginRequired: settings.requireLogin,
        sessionSeconds: sessionSecondsOf(settings),
      },
      { logLevel: settings.logLevel, requestTimeoutMs, traceRequests: otlp?.traceRequests },
    )
    const exporting = otlp?.startExport({ ...parts, fleet }, app.log)
    ends.push(async () => exporting?.stop())
    clock.on('step', event => app.log.warn(event, 'the wall clock was set'))
    clock.on('suspend', event => app.log.warn(event, 'the machine was suspended'))
    const url = await listen(app, settings)
    logSources(app, clock)
    metrics.start().catch(error => app.log.error({ err: error }, 'nothing is measured'))
    return { url, stop: () => stop(app, closeAll, requestTimeoutMs) }
  } catch (error) {
    await closeAll()
    throw error
  }
}

export function describeStart(url: string, settings: ServiceSettings): string {
  return [
    `Skewproof listens on ${url}`,
    `  data         ${describeStore(settings)}`,
    `  credentials  ${credentialsPath(settings.dataDir)}`,
    `  issue one    ${commandName()} token issue --sub alice --url ${url}`,
  ].join('\n')
}

/** What to type for this very command again: it is in the PATH only where the package is installed. */
function commandName(): string {
  const path = process.argv[1] ?? 'skewproof'
  return basename(path) === 'skewproof' ? 'skewproof' : `node ${relative(process.cwd(), path)}`
}

function logSources(app: FastifyInstance, clock: BoundedClock): void {
  const sources = clock.sources
    .filter(({ name }) => name !== fleetSourceName)
    .map(({ name, status }) => `${name} (${status})`)
  if (sources.length > 0) app.log.info({ sources }, 'time is measured')
  else
    app.log.warn(
      'no time source was found: name one with --source, or start a time daemon before the service',
    )
}

interface Parts {
  readonly store: TokenStore
  readonly clock: BoundedClock
  readonly tokens: TokenService
  readonly clients: ClientRegistry
}

function openParts(settings: ServiceSettings, store: TokenStore, clock: BoundedClock): Parts {
  const issuer = issuerOf(settings)
  const tokens = createTokenService({
    issuer,
    // Every resource server checks its own audience; the service answers for the tokens of all of them.
    audience: null,
    defaultAudience: issuer,
    clock,
    store,
    algorithm: settings.algorithm as Algorithm,
    clockTolerance: settings.clockTolerance,
    maxExpiresIn: settings.maxExpiresIn,
    refreshExpiresIn: settings.refreshExpiresIn,
    statusList: settings.statusList && { ttl: settings.statusListTtl },
    cacheSize: 100_000,
  })
  return { store, clock, tokens, clients: new ClientRegistry(store) }
}

function closeParts({ tokens, clients }: Pick<Parts, 'tokens' | 'clients'>): void {
  tokens.close()
  clients.close()
}

function issuerOf({ issuer, host, port }: ServiceSettings): string {
  if (issuer !== undefined) return issuer
  if (port === 0) throw new UsageError('with port 0 the address is not known beforehand; give --issuer')
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** No token lives longer than `--max-expires-in`, and a login is one. */
function sessionSecondsOf({ sessionExpiresIn, maxExpiresIn }: ServiceSettings): number {
  const wantedMs = parseDurationMs('sessionExpiresIn', sessionExpiresIn, { minMs: 60_000 })
  return Math.ceil(Math.min(wantedMs, parseDurationMs('maxExpiresIn', maxExpiresIn)) / 1000)
}

/** Connections that wait to be accepted: after a failover all of a load balancer's come at once. The system may take fewer. */
const backlog = 4096

async function listen(app: FastifyInstance, { host, port }: ServiceSettings): Promise<string> {
  try {
    return await app.listen({ host, port, backlog })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE')
      throw new UsageError(`port ${port} on ${host} is in use; choose another with --port`)
    if (code === 'EACCES')
      throw new UsageError(`port ${port} may not be used by this user; choose one above 1023`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new UsageError(`${host} is no address of this machine; give another with --host`)
    }
    throw error
  }
}

async function stop(app: FastifyInstance, closeAll: () => Promise<void>, drainMs: number): Promise<void> {
  app.startDraining()
  const deadline = setTimeout(() => {
    app.log.warn(`requests were still under way after ${formatDuration(drainMs)}`)
    app.server.closeAllConnections()
  }, drainMs)
  await app.close()
  clearTimeout(deadline)
  await closeAll()
}
