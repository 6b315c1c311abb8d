import { ClientError, type ClientErrorDetails } from './errors.ts'
import { type ExchangeContext, exchange } from './exchange.ts'
import { retryAfterMs } from './retry-after.ts'
import type { ExchangeSample } from './skew.ts'
import { isTokenResponse, type TokenResponse } from './tokens.ts'

/** What a request for tokens says of itself, but for what is `undefined` (RFC 6749, 4.4.2 and 6). */
export interface TokenForm {
  readonly grant_type: string
  readonly refresh_token?: string | undefined
  readonly client_id?: string | undefined
  readonly scope?: string | undefined
  readonly audience?: string | undefined
}

/** How a service asks for tokens in its own name. */
export interface Credentials {
  readonly form: TokenForm
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Asks for tokens, in the client's own name or for a refresh token.
 *
 * @param onAnswer sees what each answer says of the time
 * @returns an error when there are none now, `ERR_TOKEN_UNAVAILABLE`; `undefined` when the refresh token is not good any more,
 *   which only `invalid_grant` says: everything else may pass
 */
export async function askForTokens(
  context: ExchangeContext,
  url: URL,
  onAnswer: (sample: ExchangeSample | undefined) => void,
  form: TokenForm,
  headers: Credentials['headers'] = {},
): Promise<TokenResponse | ClientError | undefined> {
  const fields = Object.entries(form).filter(([, value]) => value !== undefined)
  // Neither secrets nor refresh tokens go anywhere else.
  const init: RequestInit = { method: 'POST', redirect: 'error', headers, body: new URLSearchParams(fields) }
  const details: ClientErrorDetails = {}
  let reason = 'no answer'
  try {
    const { response, body, sample } = await exchange(context, url, init)
    onAnswer(sample)
    if (response.ok && isTokenResponse(body)) return body
    const { error = 'no token' } = Object(body)
    if (error === 'invalid_grant' && form.refresh_token) return undefined
    // What a server says may forge no line of a log.
    reason = `${response.status}, ${error}`.replace(/[^ -~]/g, '?').slice(0, 50)
    details.retryAfterMs = retryAfterMs(response.headers.get('retry-after'), sample?.atReplyMs)
  } catch (cause) {
    details.cause = cause
  }
  return new ClientError('ERR_TOKEN_UNAVAILABLE', `no token from ${url.origin}: ${reason}`, details)
}
