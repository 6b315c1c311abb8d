import { type FetchAnswer, fetchBody } from '../answer.ts'
import { statusListType } from './status-list-token.ts'

/** What of `fetch` is used. */
export type StatusListFetch = FetchAnswer

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
export async function fetchList(uri: string, options: FetchListOptions): Promise<string> {
  const body = await fetchBody(uri, { ...options, accept: `application/${statusListType}` })
  return body.toString('latin1')
}
