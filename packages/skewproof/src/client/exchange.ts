import { readTimeHeader, type ServerStamp } from '../time/index.ts'
import type { Device } from './device.ts'
import type { ExchangeSample } from './skew.ts'

/** What makes requests, how they are timed, and what ends them. */
export interface ExchangeContext {
  readonly device: Device
  readonly send: typeof fetch
  readonly signal: AbortSignal
}

/** A request and its answer. */
export interface Exchange {
  readonly response: Response
  /** The answer's body; `undefined` when it is not JSON, too large, or breaks off. */
  readonly body: unknown
  /** What the answer's header says of the time; `undefined` when it says nothing. */
  readonly sample: ExchangeSample | undefined
}

/** An answer that takes longer is given up. */
const deadlineMs = 15_000

/** No answer that is read here is larger. */
const maxCharacters = 65_536

/**
 * Asks for an answer that is the server's own and of this moment, by a request that carries nothing but what was put there.
 *
 * @param readStamp finds the time in the answer's body, where it may be; it is better than the header's
 */
export async function exchange(
  { device, send, signal }: ExchangeContext,
  url: URL,
  init: RequestInit,
  readStamp?: (body: unknown) => ServerStamp | undefined,
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
  const body = await readJson(response)
  const stamp = readStamp?.(body) ?? readTimeHeader(name => response.headers.get(name))
  return { response, body, sample: stamp && { ...stamp, requestMs, replyMs } }
}

async function readJson({ body }: Response): Promise<unknown> {
  let text = ''
  try {
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
    while (text.length < maxCharacters) {
      const chunk = await reader?.read()
      if (chunk?.value === undefined) return JSON.parse(text)
      text += chunk.value
    }
    await reader?.cancel()
  } catch {
    // What is no JSON tells nothing.
  }
  return undefined
}
