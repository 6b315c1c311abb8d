import { type MeasureContext, SourceError, type TimeSample, type TimeSource } from '../../clock/source.ts'
import {
  type Duration,
  intersection,
  type MsInterval,
  OptionError,
  parseDurationMs,
} from '../../time/index.ts'
import { abortable } from '../net/abortable.ts'
import { requireCertificate } from '../net/certificate.ts'
import { type AskTime, connectRedis } from './connection.ts'
import { nameOf, parseRedisUrl } from './server.ts'
import { readTimeReply } from './time-reply.ts'

/** A connected client of one Redis server: node-redis has `sendCommand`, ioredis has `call`. */
export type RedisTimeClient =
  | { call(command: string): Promise<unknown> }
  | { sendCommand(command: string[]): Promise<unknown> }

export interface RedisSourceOptions {
  /** As what it is shown. Default: the URL without its password, or `redis`. */
  name?: string
  /**
   * How wrong the clock of Redis's host may be, which Redis does not know. Default 1 s, with which it can vote against clocks
   * that are far off, but not keep a clock `synchronized` that must be within 1 s (`maxError`).
   */
  serverError?: Duration
  /** For `rediss:`: certificates in PEM that the server's must rest on, instead of the well-known ones. */
  ca?: string
  /** Never ask more often than this. Default 2 s, which is asked only at the start; later every 64 s. */
  minPoll?: Duration
}

const exchanges = 4
/** Redis gives whole microseconds, rounded down. */
const resolutionMs = 0.001
/** How fast the two clocks can drift apart while they are compared. */
const maxDrift = 500e-6

/**
 * The clock of one Redis or Valkey server (`TIME`), by a URL (`redis://HOST`, `rediss://HOST`) or by a client that is connected
 * already. Its bound is half of the round trip, and what `serverError` states.
 *
 * @throws OptionError when the URL or an option cannot be used
 */
export function redis(from: string | RedisTimeClient, options: RedisSourceOptions = {}): TimeSource {
  const serverErrorMs = parseDurationMs('serverError', options.serverError ?? '1s')
  const { name, isAuthenticated, withTime } =
    typeof from === 'string' ? byUrl(from, options.ca) : byClient(from)
  return {
    name: options.name ?? name,
    authenticated: isAuthenticated,
    minPollMs: parseDurationMs('minPoll', options.minPoll ?? '2s'),
    measure: context => withTime(context, ask => compare(ask, context, serverErrorMs)),
  }
}

interface Way {
  readonly name: string
  readonly isAuthenticated: boolean
  readonly withTime: <T>(context: MeasureContext, use: (ask: AskTime) => Promise<T>) => Promise<T>
}

function byUrl(url: string, ca: string | undefined): Way {
  const server = parseRedisUrl(url)
  if (ca !== undefined) requireCertificate(ca)
  return {
    name: nameOf(server),
    isAuthenticated: server.isSecure,
    withTime: (context, use) => connectRedis(server, ca, context, use),
  }
}

function byClient(client: RedisTimeClient): Way {
  const ask = askBy(client)
  return {
    name: 'redis',
    // How it is connected, it does not tell.
    isAuthenticated: false,
    withTime: ({ signal }, use) => use(() => abortable(ask(), signal)),
  }
}

function askBy(client: RedisTimeClient): AskTime {
  // ioredis has a sendCommand too, which takes something else.
  if ('call' in client) return () => client.call('TIME')
  if ('sendCommand' in client) return () => client.sendCommand(['TIME'])
  throw new OptionError('client', 'use a URL (redis://HOST), or a client of node-redis or ioredis')
}

async function compare(
  ask: AskTime,
  { host, signal }: MeasureContext,
  serverErrorMs: number,
): Promise<TimeSample> {
  const offsets: MsInterval[] = []
  const monotonicMs = host.monotonicMs()
  while (offsets.length < exchanges) {
    const requestMs = host.monotonicMs()
    const reply = await ask().catch((error: unknown) => {
      if (signal.aborted) throw signal.reason
      throw asSourceError(error)
    })
    const replyMs = host.monotonicMs()
    const timeMs = readTimeReply(reply)
    const driftMs = (replyMs - monotonicMs) * maxDrift
    offsets.push({ lowMs: timeMs - replyMs - driftMs, highMs: timeMs + resolutionMs - requestMs + driftMs })
  }
  const offset = intersection(offsets)
  if (offset === undefined)
    throw new SourceError(
      'mismatched',
      'its answers contradict one another: several servers, or its clock was set',
    )
  const { lowMs, highMs } = offset
  return {
    monotonicMs,
    timeMs: monotonicMs + (lowMs + highMs) / 2,
    errorMs: (highMs - lowMs) / 2 + serverErrorMs,
  }
}

/** Of what a client throws, only a code is sure to hold no secret. */
function asSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error
  const code = error instanceof Error && 'code' in error ? `: ${String(error.code)}` : ''
  return new SourceError('unreachable', `the client could not ask Redis${code}`, { cause: error })
}
