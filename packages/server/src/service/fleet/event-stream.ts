import type { ServerResponse } from 'node:http'

/** How much of what was written may wait for a reader, bytes; a slower one is dropped, and connects again. */
const maxWaitingBytes = 1_048_576
const commentEveryMs = 15_000

/** One event, as a stream carries it. */
export interface ServerEvent {
  readonly event: string
  readonly id?: string
  readonly data: unknown
}

/** Those who read a stream of server-sent events (HTML, 9.2). */
export class EventStream {
  readonly #maxReaders: number
  readonly #readers = new Set<ServerResponse>()
  readonly #comments: NodeJS.Timeout

  constructor(maxReaders: number) {
    this.#maxReaders = maxReaders
    this.#comments = setInterval(() => this.#write(': \n\n'), commentEveryMs)
    this.#comments.unref()
  }

  get readers(): number {
    return this.#readers.size
  }

  get isFull(): boolean {
    return this.#readers.size >= this.#maxReaders
  }

  /** Begins a response, and writes all events to it until its reader is gone. */
  add(
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    first: readonly ServerEvent[],
  ): void {
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // nginx would hold it back otherwise.
      'x-accel-buffering': 'no',
    })
    this.#readers.add(response)
    response.on('close', () => this.#readers.delete(response))
    response.on('error', () => this.#readers.delete(response))
    response.write(`retry: 2000\n\n${first.map(format).join('')}`)
  }

  send(event: ServerEvent): void {
    if (this.#readers.size > 0) this.#write(format(event))
  }

  close(): void {
    clearInterval(this.#comments)
    for (const response of this.#readers) response.end()
    this.#readers.clear()
  }

  #write(text: string): void {
    for (const response of this.#readers) {
      if (response.writableLength > maxWaitingBytes) response.destroy()
      else response.write(text)
    }
  }
}

/** JSON has no line breaks, so that its text is one line. */
function format({ event, id, data }: ServerEvent): string {
  const named = id === undefined ? '' : `id: ${id}\n`
  return `event: ${event}\n${named}data: ${JSON.stringify(data)}\n\n`
}
