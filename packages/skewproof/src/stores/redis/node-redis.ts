import { ErrorReply, RedisClient } from '@redis/client'
import type { HostClock } from '../../clock/host.ts'
import { storeUnavailable } from '../../tokens/errors.ts'
import type { Answer, Connection } from './connection.ts'
import type { ServerAddress } from './server-address.ts'

export interface NodeRedisOptions {
  /** Finds the server; asked anew for each connection. */
  readonly locate: () => Promise<ServerAddress>
  readonly commandTimeoutMs: number
  readonly host: HostClock
}

/** Without a method for each command of Redis: `createClient` makes a class of them for each server, which takes 0.1 s. */
type Client = ReturnType<typeof clientFor>

/** One command, and what is sent with it on the same connection. */
export interface Request {
  readonly command: readonly string[]
  /** How many replicas are waited for; 0: none. */
  readonly replicas: number
  /** A node of a cluster takes it although the slot is still being moved there. */
  readonly asking: boolean
}

/** A client that is connected, and to where. */
interface Session {
  readonly client: Client
  /** `host:port`. */
  readonly server: string
  /** Whether replicas have all that is written in this turn of the event loop. */
  replication: Promise<boolean> | undefined
}

/** How long replicas may take, at most. */
const maxReplicationMs = 1000
/** How many commands may wait: a server that does not answer must not fill the memory. */
const maxWaiting = 100_000
/** A connection that was cut is mostly back at once: commands wait that long for it before they fail. */
const reconnectPatienceMs = 500
const maxReconnectDelayMs = 1000

/**
 * One connection to the primary, which is made again for as long as it takes. Where a command stays without an answer and so does
 * all else, the connection is dead, whatever the system says of it.
 */
export class NodeRedisConnection implements Connection {
  readonly #options: NodeRedisOptions
  readonly #subscriptions = new Map<string, () => void>()
  readonly #waitingForSession = new Set<() => void>()
  /** Only while it can be used. */
  #session: Session | undefined
  #retry: NodeJS.Timeout | undefined
  /** Until something has gone wrong, a command waits for as long as it may take. */
  #patienceEndsMs = Number.POSITIVE_INFINITY
  #problem: unknown
  #waiting = 0
  #answers = 0
  #closed = false

  constructor(options: NodeRedisOptions) {
    this.#options = options
    this.#connect(0)
  }

  send(_key: string, command: readonly string[], replicas = 0): Promise<Answer> {
    return this.perform({ command, replicas, asking: false })
  }

  async perform(request: Request): Promise<Answer> {
    if (this.#closed) throw storeUnavailable('it has been closed')
    if (this.#waiting + this.#waitingForSession.size >= maxWaiting)
      throw storeUnavailable('too many commands wait for Redis')
    if (this.#session === undefined && this.#options.host.monotonicMs() > this.#patienceEndsMs)
      throw this.#unreachable()
    return new Promise((resolve, reject) => {
      const answersBefore = this.#answers
      let session: Session | undefined
      const write = (): void => {
        session = this.#session
        if (session === undefined) return
        void this.#write(session, request)
          .then(resolve, reject)
          .finally(() => deadline.cancel())
      }
      const giveUp = (): void => {
        this.#waitingForSession.delete(write)
        reject(this.#unreachable())
        if (session !== undefined && this.#answers === answersBefore)
          this.#lose(session.client, new Error('it does not answer'))
      }
      const deadline = startDeadline(
        this.#options.commandTimeoutMs + (request.replicas > 0 ? this.#replicationMs : 0),
        giveUp,
      )
      if (this.#session !== undefined) write()
      else this.#waitingForSession.add(write)
    })
  }

  subscribe(channel: string, listener: () => void): void {
    if (this.#subscriptions.get(channel) === listener) return
    this.#subscriptions.set(channel, listener)
    if (this.#session !== undefined) subscribe(this.#session.client, channel, listener)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#retry)
    if (this.#session !== undefined) end(this.#session.client)
  }

  #connect(attempt: number): void {
    this.#open().then(
      session => this.#use(session),
      problem => {
        this.#noteLoss(problem)
        if (this.#closed) return
        this.#retry = setTimeout(() => this.#connect(attempt + 1), reconnectDelayMs(attempt))
      },
    )
  }

  async #open(): Promise<Session> {
    const address = await this.#options.locate()
    const client = clientFor(address, this.#options.commandTimeoutMs)
    client.on('error', problem => this.#lose(client, problem))
    try {
      await client.connect()
      // A replica would answer too, with what it had some time ago.
      const [role] = await client.sendCommand<readonly unknown[]>(['ROLE'])
      if (role !== 'master') throw new Error(`the server is no primary but a ${String(role)}`)
      return { client, server: `${address.host}:${address.port}`, replication: undefined }
    } catch (error) {
      end(client)
      throw error
    }
  }

  #use(session: Session): void {
    const { client } = session
    if (this.#closed) {
      end(client)
      return
    }
    this.#session = session
    this.#problem = undefined
    for (const [channel, listener] of this.#subscriptions) subscribe(client, channel, listener)
    const waiting = [...this.#waitingForSession]
    this.#waitingForSession.clear()
    for (const write of waiting) write()
  }

  #lose(client: Client, problem: unknown): void {
    if (client !== this.#session?.client) return
    this.#session = undefined
    this.#noteLoss(problem)
    end(client)
    if (!this.#closed) this.#connect(0)
  }

  #noteLoss(problem: unknown): void {
    if (this.#problem === undefined)
      this.#patienceEndsMs = this.#options.host.monotonicMs() + reconnectPatienceMs
    this.#problem = problem
  }

  async #write(session: Session, { command, replicas, asking }: Request): Promise<Answer> {
    const { client, server } = session
    // In one turn, so that nothing comes between.
    if (asking) this.#send(client, ['ASKING']).catch(() => {})
    const value = this.#send(client, command)
    const isReplicated = replicas > 0 && this.#replicate(session, replicas)
    return { value: await value, server, isReplicated: await isReplicated }
  }

  /** Waits once for all that is written in this turn: what comes after a `WAIT` on a connection waits along. */
  #replicate(session: Session, replicas: number): Promise<boolean> {
    session.replication ??= new Promise(resolve => {
      setImmediate(() => {
        session.replication = undefined
        this.#send(session.client, ['WAIT', String(replicas), String(this.#replicationMs)]).then(
          count => resolve(Number(count) >= replicas),
          // What is not known to be replicated counts as acknowledged: it was.
          () => resolve(false),
        )
      })
    })
    return session.replication
  }

  async #send(client: Client, command: readonly string[]): Promise<unknown> {
    this.#waiting += 1
    try {
      const answer = await client.sendCommand<unknown>(command)
      this.#answers += 1
      return answer
    } catch (error) {
      if (!(error instanceof ErrorReply)) throw this.#unreachable(error)
      this.#answers += 1
      // It was the primary, and is not any more.
      if (error.message.startsWith('READONLY ')) this.#lose(client, error)
      throw error
    } finally {
      this.#waiting -= 1
    }
  }

  get #replicationMs(): number {
    return Math.min(maxReplicationMs, Math.floor(this.#options.commandTimeoutMs / 2))
  }

  #unreachable(cause: unknown = this.#problem): Error {
    const reason = this.#problem ?? cause
    const problem = reason instanceof Error && reason.message !== '' ? reason.message : 'it does not answer'
    return storeUnavailable(`Redis cannot be reached: ${problem}`, cause)
  }
}

/** Connects, asks one thing, and leaves. */
export async function askOnce(
  address: ServerAddress,
  timeoutMs: number,
  command: readonly string[],
): Promise<unknown> {
  const client = clientFor(address, timeoutMs)
  client.on('error', () => {})
  try {
    await client.connect()
    return await client.sendCommand<unknown>(command)
  } finally {
    end(client)
  }
}

/** How to connect once: who connects again, and when, is not left to the client. */
function clientFor(
  { host, port, database, username, password, tls, inherited }: ServerAddress,
  commandTimeoutMs: number,
) {
  const socket = {
    ...inherited?.socket,
    host,
    port,
    connectTimeout: commandTimeoutMs,
    // Nothing comes for that long although it is pinged: also while it greets, when no command of ours has a deadline.
    socketTimeout: 2 * commandTimeoutMs,
    reconnectStrategy: false,
  } as const
  return new RedisClient({
    ...inherited,
    socket: tls === undefined ? socket : { ...socket, ...tls, tls: true },
    database,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    // What waits here has a deadline of ours; there, it would be written after it.
    disableOfflineQueue: true,
    commandOptions: { timeout: 0 },
    pingInterval: commandTimeoutMs / 2,
    disableClientInfo: true,
    maintNotifications: 'disabled',
  })
}

function end(client: Client): void {
  if (client.isOpen) client.destroy()
}

/** In parts, so that a pause of this process, in which it reads no answers either, counts for one of them at most. */
function startDeadline(timeoutMs: number, onPassed: () => void): { cancel(): void } {
  const parts = 4
  let passed = 0
  const timer = setInterval(() => {
    passed += 1
    if (passed < parts) return
    clearInterval(timer)
    onPassed()
  }, timeoutMs / parts)
  return { cancel: () => clearInterval(timer) }
}

function reconnectDelayMs(attempt: number): number {
  return Math.min(maxReconnectDelayMs, 20 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2)
}

/** Where it is refused, what it would have told is found out by asking. */
function subscribe(client: Client, channel: string, listener: () => void): void {
  client.subscribe(channel, listener).catch(() => {})
}
