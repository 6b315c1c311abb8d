import cluster from 'node:cluster'
import type { Command } from 'commander'
import { addSettings, type Setting } from '../configuration.ts'
import { nodeSetting, sourceSetting } from '../host-clock.ts'
import { redisSettings } from '../redis-settings.ts'
import type { ServiceSettings } from '../service/start.ts'
import { wholeNumber } from './option-values.ts'

const settings: readonly Setting[] = [
  { flags: '--host <address>', description: 'address to listen on', default: '127.0.0.1' },
  {
    flags: '--port <number>',
    description: 'port to listen on',
    default: 8787,
    parse: wholeNumber(0, 65_535),
  },
  { flags: '--issuer <url>', description: "the tokens' iss (default: http://HOST:PORT)" },
  {
    flags: '--data-dir <directory>',
    description: 'where the embedded store and the credentials are',
    default: '.skewproof',
  },
  ...redisSettings,
  {
    flags: '--redis-replicas <number>',
    description: 'how many replicas must have a revocation before it is answered',
    default: 0,
    parse: wholeNumber(0, 100),
  },
  {
    flags: '--store-key-file <file>',
    description:
      'encrypts what is secret in the Redis; the same on all machines (default: DATA-DIR/store.key)',
  },
  {
    flags: '--max-staleness <duration>',
    description: 'how long a revocation may take to be known on other machines',
    default: '1s',
  },
  {
    flags: '--workers <number>',
    description: 'processes that share the port and the store',
    default: 1,
    parse: wholeNumber(1, 256),
  },
  {
    flags: '--algorithm <name>',
    description: 'what new keys are for: ES256, EdDSA, RS256, PS256, HS256',
    default: 'ES256',
  },
  { flags: '--clock-tolerance <duration>', description: 'auto, or a duration up to 60s', default: 'auto' },
  sourceSetting,
  nodeSetting,
  { flags: '--max-expires-in <duration>', description: 'no token lives longer', default: '30d' },
  {
    flags: '--refresh-expires-in <duration>',
    description: 'how long an unused refresh token is good',
    default: '30d',
  },
  {
    flags: '--status-list',
    description: 'publish which tokens were revoked, for verifiers without the store',
    default: false,
  },
  {
    flags: '--status-list-ttl <duration>',
    description: 'how long verifiers and caches may keep a status list',
    default: '30s',
  },
  {
    flags: '--rate-limit <number>',
    description: 'requests per minute and address to the endpoints that take credentials; 0: no limit',
    default: 6000,
    parse: wholeNumber(0, 1_000_000_000),
  },
  {
    flags: '--require-login',
    description: 'show the dashboard to administrators alone, on this machine, too',
    default: false,
  },
  {
    flags: '--session-expires-in <duration>',
    description: 'how long a login to the dashboard is good',
    default: '8h',
  },
  {
    flags: '--request-timeout <seconds>',
    description: 'how long a request may take to arrive, and one under way to end when the service stops',
    default: 10,
    parse: wholeNumber(1, 3600),
  },
  {
    flags: '--log-level <level>',
    description: 'fatal, error, warn, info, debug, trace or silent',
    default: 'info',
  },
  {
    flags: '--reset-credentials',
    description: "make a new administrator's client and write its credentials",
    default: false,
  },
]

type ServeOptions = ServiceSettings & { workers: number; resetCredentials: boolean }

export function serveCommand(program: Command): void {
  addSettings(program.command('serve').description('run the token service'), settings).action(serve)
}

async function serve(options: ServeOptions): Promise<void> {
  // Loaded here, so that the other commands do not wait for the service's libraries.
  const { describeStart, prepareService } = await import('../service/start.ts')
  if (cluster.isWorker) {
    await runUntilStopped(options)
    return
  }
  const { newCredentials } = await prepareService(options, options.resetCredentials)
  const announce = (url: string): void => {
    if (newCredentials !== undefined) {
      process.stdout.write(`The administrator's client is new; its credentials are in ${newCredentials}\n`)
    }
    process.stdout.write(`${describeStart(url, options)}\n`)
  }
  if (options.workers > 1) {
    const { superviseWorkers } = await import('../service/workers.ts')
    await superviseWorkers(options.workers, announce)
  } else {
    await runUntilStopped(options, announce)
  }
}

async function runUntilStopped(
  options: ServeOptions,
  onListening: (url: string) => void = () => {},
): Promise<void> {
  const { startService } = await import('../service/start.ts')
  try {
    const service = await startService(options)
    onListening(service.url)
    process.send?.({ listening: service.url })
    await new Promise<void>(resolve => {
      // Listened to until the end: the terminal and whatever this runs under may both pass Ctrl-C on.
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
    })
    await service.stop()
  } finally {
    // The channel to the supervisor would keep a worker alive.
    cluster.worker?.disconnect()
  }
}
