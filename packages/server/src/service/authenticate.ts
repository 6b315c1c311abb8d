import type { FastifyRequest } from 'fastify'
import { TokenError } from 'skewproof'
import { createGuard, HttpError, nodeFields } from 'skewproof/http'
import { adminScope, type Client } from './clients.ts'
import type { ServiceContext } from './context.ts'
import { invalidClient, missingLogin } from './errors.ts'
import { isFromThisMachine } from './session/loopback.ts'
import { isFromBrowser, requireOwnPage } from './session/same-origin.ts'
import { Sessions } from './session/sessions.ts'

/** What lets a request pass. */
export interface Authority {
  /** When its token ends; infinite where it rests on none. */
  readonly expiresAtMs: number
}

const untilFurtherNotice: Authority = { expiresAtMs: Number.POSITIVE_INFINITY }

/**
 * Lets only administrators pass: clients that are one, by HTTP Basic, a bearer token with the scope, or the session of the
 * dashboard. What changes something in a session must come from a page of this origin.
 */
export function requireAdmin(context: ServiceContext): (request: FastifyRequest) => Promise<void> {
  const authorize = authorizeAdmin(context)
  // What a hook returns before a body is parsed would be taken for the body.
  return async request => void (await authorize(request))
}

function authorizeAdmin(context: ServiceContext): (request: FastifyRequest) => Promise<Authority> {
  const guard = createGuard({ tokens: context.tokens, scope: adminScope, optional: true })
  const sessions = new Sessions(context)
  return async request => {
    const admission = await guard(nodeFields(request.raw), request)
    if (admission.refusal !== undefined) throw admission.refusal
    if (admission.token !== undefined) return { expiresAtMs: (admission.token.claims.exp ?? 0) * 1000 }
    if (request.headers.authorization === undefined) {
      const session = await sessions.find(request)
      if (session !== undefined) {
        requireOwnPage(request)
        return session
      }
      if (isFromBrowser(request.headers) || sessions.hasCookie(request)) throw missingLogin()
    }
    const client = await requireClient(context, request)
    if (!client.isAdmin) throw new HttpError(403, 'ERR_SCOPE', 'the client is not an administrator')
    return untilFurtherNotice
  }
}

/** Lets administrators pass, and who is on this machine, unless a login is asked of them too. */
export function authorizeReader(context: ServiceContext): (request: FastifyRequest) => Promise<Authority> {
  const authorize = authorizeAdmin(context)
  return async request => (mayReadWithoutLogin(context, request) ? untilFurtherNotice : authorize(request))
}

/** Whether what is only shown is shown to this request, without a login. */
export function mayReadWithoutLogin(
  { isLoginRequired }: Pick<ServiceContext, 'isLoginRequired'>,
  { socket: { remoteAddress }, raw: { httpVersion }, headers }: FastifyRequest,
): boolean {
  return !isLoginRequired && isFromThisMachine({ remoteAddress, httpVersion, headers })
}

/** A registered client, by HTTP Basic or in the form's body (RFC 6749, 2.3.1). */
export async function requireClient(context: ServiceContext, request: FastifyRequest): Promise<Client> {
  const credentials = basicCredentials(request) ?? formCredentials(request)
  const client = credentials && (await context.clients.authenticate(credentials[0], credentials[1]))
  if (client === undefined) throw invalidClient()
  return client
}

/** A client, if the request names one; wrong credentials are refused all the same. */
export async function optionalClient(
  context: ServiceContext,
  request: FastifyRequest,
): Promise<Client | undefined> {
  const isNamed = request.headers.authorization !== undefined || formCredentials(request) !== undefined
  return isNamed ? requireClient(context, request) : undefined
}

/** Whether a space-separated list holds all the wanted scopes. */
export function hasScope(granted: string | undefined, wanted: string): boolean {
  const list = (granted ?? '').split(' ')
  return wanted
    .split(' ')
    .filter(name => name !== '')
    .every(name => list.includes(name))
}

export function isRefusal(error: unknown): error is TokenError {
  return error instanceof TokenError && error.httpStatus === 401
}

type Credentials = readonly [clientId: string, clientSecret: string]

function basicCredentials(request: FastifyRequest): Credentials | undefined {
  const header = request.headers.authorization
  if (header === undefined) return undefined
  const encoded = /^Basic +([A-Za-z0-9+/_=-]{1,1024}) *$/i.exec(header)?.[1]
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  const clientId = formDecode(text.slice(0, Math.max(colon, 0)))
  const clientSecret = formDecode(text.slice(colon + 1))
  if (colon < 0 || clientId === undefined || clientSecret === undefined) throw invalidClient()
  return [clientId, clientSecret]
}

function formCredentials({ body }: FastifyRequest): Credentials | undefined {
  if (typeof body !== 'object' || body === null || !('client_id' in body) || !('client_secret' in body))
    return undefined
  const { client_id: clientId, client_secret: clientSecret } = body
  return typeof clientId === 'string' && typeof clientSecret === 'string'
    ? [clientId, clientSecret]
    : undefined
}

function formDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
