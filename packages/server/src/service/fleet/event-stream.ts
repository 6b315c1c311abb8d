import type { ServerResponse } from 'node:http'
import { HttpError } from 'skewproof/http'

/** How much may wait for a reader, bytes, besides what a stream begins with; a slower one is dropped, and connects again. */
const maxWaitingBytes = 1_048_576
const commentEveryMs = 15_000

/** One event, as a stream carries it. */
export interface ServerEvent {
  readonly event: string
  readonly id?: string
  readonly data: unknown
}

/** Somebody who reads a stream. */
export interface Reader {
  readonly response: ServerResponse
  /** What the response begins with. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * Whether, and until when, the reader may read.
   *
   * @throws HttpError 401 or 403 when not
   */
  readonly authorize: () => Promise<{ readonly expiresAtMs: number }>
  readonly expiresAtMs: number
}

interface ServedReader extends Reader {
  /** How much may wait for this one: a large fleet takes its time on a slow line, once. */
  readonly maxWaitingBytes: number
}

/** Those who read a stream of server-sent events (HTML, 9.2). */
export class EventStream {
  readonly #maxReaders: number
  readonly #readers = new Map<ServerResponse, ServedReader>()
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
  add(reader: Reader, first: readonly ServerEvent[]): void {
    const { response, headers } = reader
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // nginx would hold it back otherwise.
      'x-accel-buffering': 'no',
    })
    const beginning = `retry: 2000\n\n${first.map(format).join('')}`
    this.#readers.set(response, {
      ...reader,
      maxWaitingBytes: maxWaitingBytes + Buffer.byteLength(beginning),
    })
    response.on('close', () => this.#readers.delete(response))
    response.on('error', () => this.#readers.delete(response))
    response.write(beginning)
  }

  send(event: ServerEvent): void {
    if (this.#readers.size > 0) this.#write(format(event))
  }

  /** Asks whether those whose authority ends by an instant may read on, and ends the streams of those who may not. */
  expire(byMs: number): void {
    for (const reader of this.#readers.values()) if (reader.expiresAtMs <= byMs) void this.#ask(reader)
  }

  close(): void {
    clearInterval(this.#comments)
    for (const response of this.#readers.keys()) this.#end(response)
  }

  async #ask(reader: ServedReader): Promise<void> {
    const { response } = reader
    try {
      const { expiresAtMs } = await reader.authorize()
      if (this.#readers.has(response)) this.#readers.set(response, { ...reader, expiresAtMs })
    } catch (error) {
      if (isRefusal(error)) this.#end(response)
    }
  }

  #end(response: ServerResponse): void {
    this.#readers.delete(response)
    // What waits for somebody who does not read would be kept for good.
    if (response.writableNeedDrain) response.destroy()
    else response.end()
  }

  #write(text: string): void {
    for (const { response, maxWaitingBytes } of this.#readers.values()) {
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

/** That the store cannot be asked is none. */
function isRefusal(error: unknown): boolean {
  return error instanceof HttpError && (error.status === 401 || error.status === 403)
}
