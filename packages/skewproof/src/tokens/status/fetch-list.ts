import { readBody } from '../answer.ts'
import { statusListType } from './status-list-token.ts'

/** What of `fetch` is used. */
export type StatusListFetch = (address: string, init: RequestInit) => Promise<Response>

export interface FetchListOptions {
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly fetch: StatusListFetch
}

/**
 * Fetches a Status List Token: without redirects, within the deadline, and no more of it than `maxBytes`.
 *
 * @throws Error that says why it could not
 */
export async function fetchList(
  uri: string,
  { timeoutMs, maxBytes, fetch }: FetchListOptions,
): Promise<string> {
  const signal = AbortSignal.timeout(Math.ceil(timeoutMs))
  const answered = async (): Promise<string> => {
    // The address is the issuer's word; whoever answers there must not lead on to another.
    const headers = { accept: `application/${statusListType}` }
    const response = await fetch(uri, { headers, redirect: 'error', signal })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new Error(`the answer has the status ${response.status}`)
    }
    return (await readBody(response, maxBytes)).toString('latin1')
  }
  // Another `fetch` than Node's may not heed the signal.
  return Promise.race([answered(), aborted(signal)])
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
