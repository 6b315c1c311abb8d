import { createClient, ErrorReply } from '@redis/client'
import type { HostClock } from '../../clock/host.ts'
import { storeUnavailable } from '../../tokens/errors.ts'
import type { Connection } from './connection.ts'
import type { ServerAddress } from './options.ts'

export interface NodeRedisOptions {
  /** Finds the server; asked anew for each connection. */
  readonly locate: () => Promise<ServerAddress>
  readonly commandTimeoutMs: number
  readonly host: HostClock
}

export type Client = ReturnType<typeof createClient>

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
  readonly #waitingForClient = new Set<() => void>()
  /** Only while it can be used. */
  #client: Client | undefined
  #retry: NodeJS.Timeout | undefined
  #patienceEndsMs: number
  #problem: unknown
  #waiting = 0
  #answers = 0
  #closed = false

  constructor(options: NodeRedisOptions) {
    this.#options = options
    this.#patienceEndsMs = options.host.monotonicMs() + options.commandTimeoutMs
    this.#connect(0)
  }

  async send(_key: string, command: readonly string[]): Promise<unknown> {
    if (this.#closed) throw storeUnavailable('it has been closed')
    if (this.#waiting + this.#waitingForClient.size >= maxWaiting)
      throw storeUnavailable('too many commands wait for Redis')
    if (this.#client === undefined && this.#options.host.monotonicMs() > this.#patienceEndsMs)
      throw this.#unreachable()
    return new Promise((resolve, reject) => {
      const answersBefore = this.#answers
      let client: Client | undefined
      const write = (): void => {
        client = this.#client
        if (client === undefined) return
        void this.#write(client, command)
          .then(resolve, reject)
          .finally(() => clearTimeout(deadline))
      }
      const deadline = setTimeout(() => {
        this.#waitingForClient.delete(write)
        reject(this.#unreachable())
        if (client !== undefined && this.#answers === answersBefore)
          this.#lose(client, new Error('it does not answer'))
      }, this.#options.commandTimeoutMs)
      if (this.#client !== undefined) write()
      else this.#waitingForClient.add(write)
    })
  }

  subscribe(channel: string, listener: () => void): void {
    this.#subscriptions.set(channel, listener)
    if (this.#client !== undefined) subscribe(this.#client, channel, listener)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#retry)
    if (this.#client !== undefined) end(this.#client)
  }

  #connect(attempt: number): void {
    this.#open().then(
      client => this.#use(client),
      problem => {
        this.#noteLoss(problem)
        if (this.#closed) return
        this.#retry = setTimeout(() => this.#connect(attempt + 1), reconnectDelayMs(attempt))
      },
    )
  }

  async #open(): Promise<Client> {
    const client = createClient(clientOptions(await this.#options.locate(), this.#options.commandTimeoutMs))
    client.on('error', problem => this.#lose(client, problem))
    try {
      await client.connect()
      // A replica would answer too, with what it had some time ago.
      const [role] = await client.sendCommand<readonly unknown[]>(['ROLE'])
      if (role !== 'master') throw new Error(`the server is no primary but a ${String(role)}`)
      return client
    } catch (error) {
      end(client)
      throw error
    }
  }

  #use(client: Client): void {
    if (this.#closed) {
      end(client)
      return
    }
    this.#client = client
    this.#problem = undefined
    for (const [channel, listener] of this.#subscriptions) subscribe(client, channel, listener)
    const waiting = [...this.#waitingForClient]
    this.#waitingForClient.clear()
    for (const write of waiting) write()
  }

  #lose(client: Client, problem: unknown): void {
    if (client !== this.#client) return
    this.#client = undefined
    this.#noteLoss(problem)
    end(client)
    if (!this.#closed) this.#connect(0)
  }

  #noteLoss(problem: unknown): void {
    if (this.#problem === undefined)
      this.#patienceEndsMs = this.#options.host.monotonicMs() + reconnectPatienceMs
    this.#problem = problem
  }

  async #write(client: Client, command: readonly string[]): Promise<unknown> {
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

  #unreachable(cause: unknown = this.#problem): Error {
    const reason = this.#problem ?? cause
    const problem = reason instanceof Error && reason.message !== '' ? reason.message : 'it does not answer'
    return storeUnavailable(`Redis cannot be reached: ${problem}`, cause)
  }
}

/** How to connect once: who connects again, and when, is not left to the client. */
export function clientOptions(
  { host, port, database, username, password, tls }: ServerAddress,
  commandTimeoutMs: number,
): Parameters<typeof createClient>[0] {
  const socket = {
    host,
    port,
    connectTimeout: commandTimeoutMs,
    // Nothing comes for that long although it is pinged: also while it greets, when no command of ours has a deadline.
    socketTimeout: 2 * commandTimeoutMs,
    reconnectStrategy: false,
  } as const
  return {
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
  }
}

export function end(client: Client): void {
  if (client.isOpen) client.destroy()
}

function reconnectDelayMs(attempt: number): number {
  return Math.min(maxReconnectDelayMs, 20 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2)
}

/** Where it is refused, what it would have told is found out by asking. */
function subscribe(client: Client, channel: string, listener: () => void): void {
  client.subscribe(channel, listener).catch(() => {})
}
