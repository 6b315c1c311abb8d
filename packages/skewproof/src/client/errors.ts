/** `ERR_CLOCK_UNMEASURED`: no reply told the server's time, or the replies came from a cache. */
export type ClientErrorCode = 'ERR_CLOCK_UNMEASURED'

/** What the client could not do. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly code: ClientErrorCode

  constructor(code: ClientErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
