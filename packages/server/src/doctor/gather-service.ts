import { type HostClock, SourceError } from 'skewproof'
import { readServerClock } from 'skewproof/sources'
import { readResponseText } from '../response-text.ts'
import type { ClientCredentials } from '../service/clients.ts'
import { serviceUrl } from '../service-url.ts'
import { type Offset, offsetBetween, readWallOffset } from './offset.ts'
import type { HealthAnswer, ServiceFacts, TokenAnswer } from './service.ts'

export interface ServiceQuestion {
  readonly url: string
  readonly credentials: ClientCredentials | undefined
  readonly host: HostClock
  readonly signal: AbortSignal
}

const maxAnswerBytes = 65_536

export async function gatherService(question: ServiceQuestion): Promise<ServiceFacts> {
  const { url, signal } = question
  try {
    const response = await fetch(serviceUrl(url, '/health'), { redirect: 'error', signal })
    const body = parseObject(await readResponseText(response, maxAnswerBytes))
    return {
      url,
      serverTime: response.headers.get('x-server-time') ?? undefined,
      health: readHealth(response.status, body),
      offset: await measureOffset(question),
      token: await askToken(question),
    }
  } catch (error) {
    return { url, failure: describeFailure(error) }
  }
}

/** Its clock minus ours; why it cannot be told when it does not tell the time, or contradicts itself. */
async function measureOffset({ url, host, signal }: ServiceQuestion): Promise<Offset | string> {
  try {
    const { monotonicMs, timeMs, errorMs } = await readServerClock(serviceUrl(url, '/clock'), {
      host,
      signal,
    })
    const offsetMs = timeMs - monotonicMs
    return offsetBetween({ lowMs: offsetMs - errorMs, highMs: offsetMs + errorMs }, readWallOffset(host))
  } catch (error) {
    if (error instanceof SourceError) return error.message
    throw error
  }
}

function readHealth(httpStatus: number, body: Readonly<Record<string, unknown>>): HealthAnswer {
  const clock = asObject(body['clock'])['status']
  const status = body['status']
  return {
    httpStatus,
    status: typeof status === 'string' ? status.slice(0, 80) : undefined,
    clock: typeof clock === 'string' ? clock : undefined,
  }
}

/** Asks for a token in the client's own name, and revokes it: a check leaves nothing behind. */
async function askToken(question: ServiceQuestion): Promise<TokenAnswer | undefined> {
  if (question.credentials === undefined) return undefined
  try {
    const response = await post(question, '/oauth2/token', { grant_type: 'client_credentials' })
    const body = parseObject(await readResponseText(response, maxAnswerBytes))
    const token = body['access_token']
    if (typeof token === 'string') await (await post(question, '/oauth2/revoke', { token })).body?.cancel()
    return { httpStatus: response.status, expiresIn: body['expires_in'] }
  } catch {
    return { httpStatus: undefined, expiresIn: undefined }
  }
}

function post(
  { url, credentials, signal }: ServiceQuestion,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<Response> {
  const { clientId = '', clientSecret = '' } = credentials ?? {}
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64')
  return fetch(serviceUrl(url, path), {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams(form),
    redirect: 'error',
    signal,
  })
}

function parseObject(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(text ?? ''))
  } catch {
    return {}
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // fetch says only that it failed; its cause says why.
  const { cause } = error
  if (cause instanceof Error) return cause.message || ('code' in cause ? String(cause.code) : cause.name)
  return error.name === 'AbortError' ? 'no answer in time' : error.message
}
