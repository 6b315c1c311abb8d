/**
 * - `ERR_OPTION`: an option cannot be used.
 * - `ERR_CLOCK_UNMEASURED`: no reply told the server's time, or the replies came from a cache.
 * - `ERR_TOKEN_UNAVAILABLE`: there is no good token, and a new one cannot be had now.
 * - `ERR_TOKEN_REDIRECT`: a request that carries a token was redirected, which is not followed.
 */
export type ClientErrorCode =
  | 'ERR_OPTION'
  | 'ERR_CLOCK_UNMEASURED'
  | 'ERR_TOKEN_UNAVAILABLE'
  | 'ERR_TOKEN_REDIRECT'

export interface ClientErrorDetails {
  cause?: unknown
  retryAfterMs?: number | undefined
}

/** What the client could not do. No message holds a token. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  declare readonly code: ClientErrorCode
  declare readonly retryAfterMs: number | undefined

  constructor(code: ClientErrorCode, message: string, details?: ClientErrorDetails) {
    super(message, details)
    this.code = code
    this.retryAfterMs = details?.retryAfterMs
  }
}
