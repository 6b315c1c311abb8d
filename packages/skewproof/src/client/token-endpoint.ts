import { ClientError, type ClientErrorDetails } from './errors.ts'
import { type Exchange, type ExchangeContext, exchange } from './exchange.ts'
import { retryAfterMs } from './retry-after.ts'
import { isTokenResponse, type TokenResponse } from './tokens.ts'

/** How a service asks for tokens in its own name. */
export interface Credentials {
  readonly form: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Asks for tokens, in the client's own name or for a refresh token.
 *
 * @param onAnswer sees each answer
 * @returns an error when there are none now, `ERR_TOKEN_UNAVAILABLE`; `undefined` when the refresh token is not good any more,
 *   which only `invalid_grant` says: everything else may pass
 */
export async function askForTokens(
  context: ExchangeContext,
  url: URL,
  onAnswer: (answer: Exchange) => void,
  form: Credentials['form'] = {},
  headers: Credentials['headers'] = {},
): Promise<TokenResponse | ClientError | undefined> {
  // Neither secrets nor refresh tokens go anywhere else.
  const init: RequestInit = { method: 'POST', redirect: 'error', headers, body: new URLSearchParams(form) }
  const details: ClientErrorDetails = {}
  let reason = 'no answer'
  try {
    const answer = await exchange(context, url, init)
    onAnswer(answer)
    const { response, body, stamp } = answer
    if (response.ok && isTokenResponse(body)) return body
    const { error = 'no token' } = Object(body)
    if (error === 'invalid_grant') return undefined
    reason = `${response.status}, ${error}`.slice(0, 50)
    details.retryAfterMs = retryAfterMs(response.headers.get('retry-after'), stamp?.atReplyMs)
  } catch (cause) {
    details.cause = cause
  }
  return new ClientError('ERR_TOKEN_UNAVAILABLE', `no token from ${url.origin}: ${reason}`, details)
}
