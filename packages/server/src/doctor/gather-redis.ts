import { ErrorReply, RedisClient } from '@redis/client'
import type { HostClock } from 'skewproof'
import { exchangeOffset, intersection, type MsInterval } from 'skewproof/time'
import type { RedisAccess } from '../redis-access.ts'
import { type Offset, offsetBetween, readWallOffset } from './offset.ts'
import type { RedisFacts } from './redis.ts'

export interface RedisQuestion {
  /** Checked by `requireRedisUrl`. */
  readonly url: string
  readonly access: RedisAccess
  readonly host: HostClock
  readonly signal: AbortSignal
}

const exchangeCount = 5
/** What is read of an answer; all that is asked for is far smaller. */
const maxAnswerLength = 65_536

/** Understood by every version, and not connected again: what fails is what is to be found. */
function clientFor({ url, access: { username, password, ca }, signal }: RedisQuestion) {
  return new RedisClient({
    url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    RESP: 2,
    disableClientInfo: true,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    // `destroy` forgets a socket that is not connected yet, which would then keep the process alive.
    socket: { reconnectStrategy: false, signal, ...(ca !== undefined && { ca }) },
  })
}

type Client = ReturnType<typeof clientFor>

export async function gatherRedis(question: RedisQuestion): Promise<RedisFacts> {
  const { url, host, signal } = question
  const { hostname, port } = new URL(url)
  const address = `${hostname}:${port === '' ? 6379 : port}`
  const client = clientFor(question)
  let problem: unknown
  client.on('error', error => {
    problem ??= error
  })
  try {
    // Loading the client may have taken longer than there was time.
    signal.throwIfAborted()
    await client.connect()
    // Whoever may not even ask this is not let in.
    if ((await client.sendCommand<unknown>(['PING'])) !== 'PONG') {
      throw new Error('what answers there is not Redis')
    }
    return {
      address,
      offset: await measureOffset(client, host),
      info: await readInfo(client),
      save: await readSetting(client, 'save'),
    }
  } catch (error) {
    return { address, ...describeFailure(signal.aborted ? undefined : (problem ?? error)) }
  } finally {
    if (client.isOpen) client.destroy()
  }
}

/** @returns `undefined` when Redis refuses to answer */
async function ask(client: Client, ...command: string[]): Promise<unknown> {
  try {
    return await client.sendCommand<unknown>(command)
  } catch (error) {
    if (error instanceof ErrorReply) return undefined
    throw error
  }
}

/** Its clock minus ours; `undefined` where `TIME` is refused, or is set while it is asked. */
async function measureOffset(client: Client, host: HostClock): Promise<Offset | undefined> {
  const offsets: MsInterval[] = []
  for (let count = 0; count < exchangeCount; count += 1) {
    const requestMs = host.monotonicMs()
    const timeMs = parseTimeMs(await ask(client, 'TIME'))
    if (timeMs === undefined) return undefined
    const stamp = {
      method: 'clock',
      atRequestMs: timeMs + 0.001,
      atReplyMs: timeMs,
      errorMs: undefined,
    } as const
    const offset = exchangeOffset(stamp, requestMs, host.monotonicMs())
    if (offset !== undefined) offsets.push(offset)
  }
  const offset = intersection(offsets)
  return offset && offsetBetween(offset, readWallOffset(host))
}

/** Seconds and microseconds, each as a string. */
function parseTimeMs(reply: unknown): number | undefined {
  if (!Array.isArray(reply) || reply.length !== 2) return undefined
  const [seconds, microseconds] = reply.map(part =>
    /^\d{1,12}$/.test(String(part)) ? Number(part) : Number.NaN,
  )
  const timeMs = (seconds ?? Number.NaN) * 1000 + (microseconds ?? Number.NaN) / 1000
  return Number.isNaN(timeMs) ? undefined : timeMs
}

async function readInfo(client: Client): Promise<ReadonlyMap<string, string> | undefined> {
  const reply = await ask(client, 'INFO')
  if (typeof reply !== 'string') return undefined
  const lines = reply.slice(0, maxAnswerLength).split('\r\n')
  return new Map(
    lines.flatMap(line => {
      const colon = line.indexOf(':')
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)] as const] : []
    }),
  )
}

async function readSetting(client: Client, name: string): Promise<string | undefined> {
  const reply = await ask(client, 'CONFIG', 'GET', name)
  if (!Array.isArray(reply) || reply[0] !== name) return undefined
  const value: unknown = reply[1]
  return typeof value === 'string' ? value.slice(0, 200) : undefined
}

function describeFailure(error: unknown): { refusal: string | undefined; failure: string } {
  if (error === undefined) return { refusal: undefined, failure: 'no answer in time' }
  if (!(error instanceof Error)) return { refusal: undefined, failure: String(error) }
  const failure = (error.message === '' && 'code' in error ? String(error.code) : error.message).slice(0, 200)
  return { refusal: error instanceof ErrorReply ? failure.split(' ')[0] : undefined, failure }
}
