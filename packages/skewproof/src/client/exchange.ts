import { readTimeHeader, type ServerStamp } from '../time/index.ts'
import type { Device } from './device.ts'

/** What makes requests, how they are timed, and what ends them. */
export interface ExchangeContext {
  readonly device: Device
  readonly send: typeof fetch
  readonly signal: AbortSignal
}

/** A request and its answer, timed on the device's monotonic clock. */
export interface Exchange {
  readonly response: Response
  /** The answer's body; `undefined` when it is not JSON, too large, or breaks off. */
  readonly body: unknown
  /** What the header of the answer says of the time. */
  readonly stamp: ServerStamp | undefined
  readonly requestMs: number
  readonly replyMs: number
}

/** An answer that takes longer is given up. */
const deadlineMs = 15_000

/** No answer that is read here is larger. */
const maxCharacters = 65_536

/** Asks for an answer that is the server's own and of this moment, by a request that carries nothing but what was put there. */
export async function exchange(
  { device, send, signal }: ExchangeContext,
  url: URL,
  init: RequestInit,
): Promise<Exchange> {
  const requestMs = device.monotonicMs()
  const fresh: RequestInit & { readonly cache: 'no-store' } = {
    ...init,
    cache: 'no-store',
    credentials: 'omit',
    signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
  }
  const response = await send(url.href, fresh)
  const replyMs = device.monotonicMs()
  return {
    response,
    body: await readJson(response),
    stamp: readTimeHeader(name => response.headers.get(name)),
    requestMs,
    replyMs,
  }
}

async function readJson({ body }: Response): Promise<unknown> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    const reader = body?.getReader()
    while (text.length < maxCharacters) {
      const chunk = await reader?.read()
      if (chunk?.value === undefined) return JSON.parse(text)
      text += decoder.decode(chunk.value, { stream: true })
    }
    await reader?.cancel()
  } catch {
    // What is no JSON tells nothing.
  }
  return undefined
}
