import { createClient, ErrorReply } from '@redis/client'
import type { HostClock } from '../../clock/host.ts'
import { storeUnavailable } from '../../tokens/errors.ts'
import type { Connection } from './connection.ts'
import type { ServerAddress } from './options.ts'

export interface NodeRedisOptions {
  readonly server: ServerAddress
  readonly commandTimeoutMs: number
  readonly host: HostClock
}

type Client = ReturnType<typeof createClient>

/** How many commands may wait: a server that does not answer must not fill the memory. */
const maxWaiting = 100_000
/** A connection that was cut is mostly back at once: commands wait that long for it before they fail. */
const reconnectPatienceMs = 500
const maxReconnectDelayMs = 1000

/**
 * One connection by node-redis, which reconnects for as long as it takes. Where a command stays without an answer and so does
 * all else, the connection is dead, whatever the system says of it, and another takes its place.
 */
export class NodeRedisConnection implements Connection {
  readonly #options: NodeRedisOptions
  readonly #subscriptions = new Map<string, () => void>()
  readonly #waitingForReady = new Set<() => void>()
  #client: Client
  #patienceEndsMs: number
  #problem: unknown
  #waiting = 0
  #answers = 0
  #closed = false

  constructor(options: NodeRedisOptions) {
    this.#options = options
    this.#patienceEndsMs = options.host.monotonicMs() + options.commandTimeoutMs
    this.#client = this.#start()
  }

  async send(_key: string, command: readonly string[]): Promise<unknown> {
    if (this.#closed) throw storeUnavailable('it has been closed')
    if (this.#waiting + this.#waitingForReady.size >= maxWaiting)
      throw storeUnavailable('too many commands wait for Redis')
    if (!this.#client.isReady && this.#options.host.monotonicMs() > this.#patienceEndsMs)
      throw this.#unreachable()
    return new Promise((resolve, reject) => {
      const client = this.#client
      const answersBefore = this.#answers
      const write = (): void => {
        void this.#write(command)
          .then(resolve, reject)
          .finally(() => clearTimeout(deadline))
      }
      const deadline = setTimeout(() => {
        const wasWritten = !this.#waitingForReady.delete(write)
        reject(this.#unreachable())
        if (wasWritten && client === this.#client && this.#answers === answersBefore) this.#restart()
      }, this.#options.commandTimeoutMs)
      if (client.isReady) write()
      else this.#waitingForReady.add(write)
    })
  }

  subscribe(channel: string, listener: () => void): void {
    this.#subscriptions.set(channel, listener)
    if (this.#client.isReady) subscribe(this.#client, channel, listener)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    end(this.#client)
  }

  #start(): Client {
    const client = createClient(clientOptions(this.#options))
    client.on('error', error => this.#noteLoss(error))
    client.once('ready', () => {
      for (const [channel, listener] of this.#subscriptions) subscribe(client, channel, listener)
    })
    client.on('ready', () => {
      this.#problem = undefined
      const waiting = [...this.#waitingForReady]
      this.#waitingForReady.clear()
      for (const write of waiting) write()
    })
    // It goes on trying until it is ended.
    client.connect().catch(() => {})
    return client
  }

  #restart(): void {
    const dead = this.#client
    this.#noteLoss(new Error('it does not answer'))
    this.#client = this.#start()
    end(dead)
  }

  #noteLoss(problem: unknown): void {
    if (this.#problem === undefined)
      this.#patienceEndsMs = this.#options.host.monotonicMs() + reconnectPatienceMs
    this.#problem = problem
  }

  async #write(command: readonly string[]): Promise<unknown> {
    this.#waiting += 1
    try {
      const answer = await this.#client.sendCommand<unknown>(command)
      this.#answers += 1
      return answer
    } catch (error) {
      if (!(error instanceof ErrorReply)) throw this.#unreachable(error)
      this.#answers += 1
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

function clientOptions({ server, commandTimeoutMs }: NodeRedisOptions): Parameters<typeof createClient>[0] {
  const { host, port, database, username, password, tls } = server
  const timing = {
    connectTimeout: commandTimeoutMs,
    // Nothing comes for that long although it is pinged: also while it greets, when no command of ours has a deadline.
    socketTimeout: 2 * commandTimeoutMs,
    reconnectStrategy: (retries: number) =>
      Math.min(maxReconnectDelayMs, 20 * 2 ** Math.min(retries, 10)) * (0.5 + Math.random() / 2),
  }
  return {
    socket: tls === undefined ? { host, port, ...timing } : { host, port, ...timing, ...tls, tls: true },
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

/** Where it is refused, what it would have told is found out by asking. */
function subscribe(client: Client, channel: string, listener: () => void): void {
  client.subscribe(channel, listener).catch(() => {})
}

function end(client: Client): void {
  if (client.isOpen) client.destroy()
}
