/** The URL parser has brought IPv4 addresses into their usual form; a name may begin with 127. too. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

/**
 * Whether what is fetched from an address comes from there: https, or plain http that stays on this machine.
 *
 * @param allowHttp plain http to elsewhere, too, because its owner said so
 */
export function isSafeAddress({ protocol, hostname }: URL, allowHttp = false): boolean {
  return protocol === 'https:' || (protocol === 'http:' && (allowHttp || isLoopback(hostname)))
}

/**
 * The body of an answer, and no more of it than `maxBytes`.
 *
 * @throws Error when it is larger
 */
export async function readBody({ body }: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.byteLength
    if (length > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export interface BodyRequest {
  readonly accept: string
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly fetch: FetchAnswer
}

/** What of `fetch` is used. */
export type FetchAnswer = (address: string, init: FetchInit) => Promise<Response>

interface FetchInit {
  readonly headers: Headers
  readonly method: 'GET'
  /** The address is the issuer's word; whoever answers there must not lead on to another. */
  readonly redirect: 'manual'
  readonly signal: AbortSignal
}

/** An answer that is not the one that was asked for. */
export class UnexpectedStatus extends Error {
  override readonly name = 'UnexpectedStatus'
}

/**
 * Fetches what an issuer publishes: without redirects, within the deadline, and no more of it than `maxBytes`.
 *
 * @throws UnexpectedStatus unless the answer is 200
 * @throws Error that says why there is none
 */
export async function fetchBody(
  address: string,
  { accept, timeoutMs, maxBytes, fetch }: BodyRequest,
): Promise<Buffer> {
  const signal = AbortSignal.timeout(Math.ceil(timeoutMs))
  const answered = async (): Promise<Buffer> => {
    const headers = new Headers({ accept })
    const response = await fetch(address, { headers, method: 'GET', redirect: 'manual', signal })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new UnexpectedStatus(`the answer has the status ${response.status}`)
    }
    return readBody(response, maxBytes)
  }
  // Another `fetch` than Node's may not heed the signal.
  return Promise.race([answered(), aborted(signal)])
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
