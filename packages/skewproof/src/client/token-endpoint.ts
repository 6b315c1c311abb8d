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
 * @returns `undefined` when the refresh token is not good any more; only `invalid_grant` says so, everything else may pass
 * @throws ClientError `ERR_TOKEN_UNAVAILABLE`
 */
export async function askForTokens(
  context: ExchangeContext,
  url: URL,
  { form, headers }: Credentials,
  onAnswer: (answer: Exchange) => void,
): Promise<TokenResponse | undefined> {
  // Neither secrets nor refresh tokens go anywhere else.
  const init: RequestInit = { method: 'POST', redirect: 'error', headers, body: new URLSearchParams(form) }
  const answer = await exchange(context, url, init).catch(cause => {
    throw unavailable(`${url.origin} does not answer`, { cause })
  })
  onAnswer(answer)
  const { response, body, sample } = answer
  if (response.ok && isTokenResponse(body)) return body
  const { error = 'no token' } = Object(body)
  if (error === 'invalid_grant') return undefined
  throw unavailable(`${response.status}, ${String(error).slice(0, 40)}`, {
    retryAfterMs: retryAfterMs(response.headers.get('retry-after'), sample?.stamp.atReplyMs),
  })
}

function unavailable(reason: string, details: ClientErrorDetails): ClientError {
  return new ClientError('ERR_TOKEN_UNAVAILABLE', `no token can be had now: ${reason}`, details)
}
