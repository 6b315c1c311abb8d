import type { FastifyReply } from 'fastify'
import { type Culprit, OptionError, TokenError, type TokenErrorCode } from 'skewproof'

/** An error with its answer: status, stable code, and what to tell the caller. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** RFC 9457, with the stable code and the evidence of a decision about time. */
export interface Problem {
  type: 'about:blank'
  title: string
  status: number
  detail: string
  code: string
  claim?: string
  byMs?: number
  culprit?: Culprit
}

/** RFC 6749, 5.2, with the stable code. */
export interface OAuthError {
  error: string
  error_description: string
  code: string
}

const titles = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [408, 'Request Timeout'],
  [413, 'Content Too Large'],
  [414, 'URI Too Long'],
  [415, 'Unsupported Media Type'],
  [417, 'Expectation Failed'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [503, 'Service Unavailable'],
])

/** What an error answers. */
export interface Answer {
  readonly problem: Problem
  readonly headers: Readonly<Record<string, string>>
}

export function answerFor(error: unknown): Answer {
  if (error instanceof TokenError) return tokenAnswer(error)
  if (error instanceof HttpError) return answer(error.status, error.code, error.message, error.headers)
  if (error instanceof OptionError) return answer(400, 'ERR_REQUEST', error.message)
  const status = statusOf(error)
  // The framework's own refusals of a request: too large, not JSON, not matching the schema.
  if (status >= 400 && status < 500 && error instanceof Error)
    return answer(status, codeOf(status), error.message)
  return answer(500, 'ERR_INTERNAL', 'the request failed; the log of the service says why')
}

/** The answer in the form of RFC 6749, which the endpoints under `/oauth2` use. */
export function oauthError({ problem }: Answer): OAuthError {
  return { error: oauthCode(problem), error_description: asciiOnly(problem.detail), code: problem.code }
}

export function sendAnswer(reply: FastifyReply, { problem, headers }: Answer): FastifyReply {
  return reply.code(problem.status).headers(headers).type('application/problem+json').send(problem)
}

/**
 * The challenge of RFC 6750, section 3. Without a token it carries no error; a signature that failed is not told apart from
 * a key that is unknown.
 */
export function bearerChallenge(error?: TokenError): string {
  const realm = 'Bearer realm="skewproof"'
  if (error === undefined) return realm
  return `${realm}, error="invalid_token", error_description="${asciiOnly(publicMessage(error))}"`
}

export function insufficientScope(scope: string): HttpError {
  const challenge = `Bearer realm="skewproof", error="insufficient_scope", scope="${asciiOnly(scope)}"`
  return new HttpError(403, 'ERR_SCOPE', `the token lacks the scope ${scope}`, {
    'www-authenticate': challenge,
  })
}

export function invalidClient(): HttpError {
  return new HttpError(401, 'ERR_CLIENT', 'the client is unknown, or its secret is wrong', {
    'www-authenticate': 'Basic realm="skewproof", charset="UTF-8"',
  })
}

function tokenAnswer(error: TokenError): Answer {
  if (error.httpStatus === 503) {
    return answer(503, error.code, error.message, { 'retry-after': String(error.retryAfterSeconds ?? 1) })
  }
  const { problem, headers } = answer(401, error.code, publicMessage(error), {
    'www-authenticate': bearerChallenge(error),
  })
  return {
    headers,
    problem: {
      ...problem,
      ...(error.claim !== undefined && { claim: error.claim }),
      ...(error.byMs !== undefined && { byMs: Math.round(error.byMs) }),
      ...(error.culprit !== undefined && { culprit: error.culprit }),
    },
  }
}

const oracles: readonly TokenErrorCode[] = [
  'ERR_TOKEN_SIGNATURE',
  'ERR_TOKEN_KEY_UNKNOWN',
  'ERR_TOKEN_ALGORITHM',
]

function publicMessage(error: TokenError): string {
  return oracles.includes(error.code) ? 'the token is not one of this issuer' : error.message
}

function answer(
  status: number,
  code: string,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    headers,
    problem: { type: 'about:blank', title: titles.get(status) ?? 'Error', status, detail, code },
  }
}

function statusOf(error: unknown): number {
  const isWithStatus = error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
  return isWithStatus ? Number(error.statusCode) : 500
}

function codeOf(status: number): string {
  if (status === 404) return 'ERR_NOT_FOUND'
  if (status === 413 || status === 414) return 'ERR_TOO_LARGE'
  if (status === 429) return 'ERR_RATE_LIMIT'
  return 'ERR_REQUEST'
}

function oauthCode({ status, code }: Problem): string {
  if (code.startsWith('ERR_OAUTH_')) return code.slice('ERR_OAUTH_'.length).toLowerCase()
  if (code === 'ERR_CLIENT') return 'invalid_client'
  if (status === 429) return 'slow_down'
  if (status === 503) return 'temporarily_unavailable'
  return status >= 500 ? 'server_error' : 'invalid_request'
}

/** What `error_description` may hold (RFC 6749, 5.2): printable ASCII without quotes and backslashes. */
function asciiOnly(text: string): string {
  return text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?')
}
