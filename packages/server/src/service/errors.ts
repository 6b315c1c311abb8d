import type { FastifyReply } from 'fastify'
import { OptionError, TokenError } from 'skewproof'
import { asciiOnly, defaultRealm, HttpError, type Problem, problemType, refusedToken } from 'skewproof/http'

/** RFC 6749, 5.2, with the stable code. */
export interface OAuthError {
  error: string
  error_description: string
  code: string
}

/** What an error answers: itself, where it was made to be told. */
export function answerFor(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof TokenError) return refusedToken(error, { realm: defaultRealm })
  if (error instanceof OptionError) return new HttpError(400, 'ERR_REQUEST', error.message)
  const status = statusOf(error)
  // The framework's own refusals of a request: too large, not JSON, not matching the schema.
  if (status >= 400 && status < 500 && error instanceof Error)
    return new HttpError(status, codeOf(status), error.message)
  return new HttpError(500, 'ERR_INTERNAL', 'the request failed; the log of the service says why')
}

/** The answer in the form of RFC 6749, which the endpoints under `/oauth2` use. */
export function oauthError({ problem }: HttpError): OAuthError {
  return { error: oauthCode(problem), error_description: asciiOnly(problem.detail), code: problem.code }
}

export function sendAnswer(reply: FastifyReply, { problem, headers }: HttpError): FastifyReply {
  return reply.code(problem.status).headers(headers).type(problemType).send(problem)
}

export function invalidClient(): HttpError {
  return new HttpError(401, 'ERR_CLIENT', 'the client is unknown, or its secret is wrong', {
    headers: { 'www-authenticate': 'Basic realm="skewproof", charset="UTF-8"' },
  })
}

/** Without a `Basic` challenge: a browser would ask its user for a password, in a window of its own. */
export function missingLogin(): HttpError {
  return new HttpError(401, 'ERR_LOGIN', 'log in: the session has ended, or there is none', {
    headers: { 'www-authenticate': `Bearer realm="${defaultRealm}"` },
  })
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
