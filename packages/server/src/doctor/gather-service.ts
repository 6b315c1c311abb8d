import type { HostClock } from 'skewproof'
import { parseHttpDate } from 'skewproof/time'
import { readResponseText } from '../response-text.ts'
import type { ClientCredentials } from '../service/clients.ts'
import { serviceUrl } from '../service-url.ts'
import { type Exchange, offsetOf } from './offset.ts'
import { type HealthAnswer, parseServerTimeMs, type ServiceFacts, type TokenAnswer } from './service.ts'

export interface ServiceQuestion {
  readonly url: string
  readonly credentials: ClientCredentials | undefined
  readonly host: HostClock
  readonly signal: AbortSignal
}

const maxAnswerBytes = 65_536
/** The first exchange also waits for the connection. */
const exchangeCount = 4

export async function gatherService(question: ServiceQuestion): Promise<ServiceFacts> {
  const { url } = question
  try {
    const first = await exchange(question)
    const exchanges = [first]
    while (exchanges.length < exchangeCount) exchanges.push(await exchange(question))
    return {
      url,
      serverTime: first.serverTime,
      health: first.health,
      offset: offsetOf(exchanges.flatMap(({ times }) => times ?? [])),
      token: await askToken(question),
    }
  } catch (error) {
    return { url, failure: describeFailure(error) }
  }
}

interface HealthExchange {
  readonly serverTime: string | undefined
  readonly health: HealthAnswer
  readonly times: Exchange | undefined
}

async function exchange({ url, host, signal }: ServiceQuestion): Promise<HealthExchange> {
  const target = serviceUrl(url, '/health')
  const sentMonotonicMs = host.monotonicMs()
  const sentWallMs = host.wallMs()
  const response = await fetch(target, { redirect: 'error', signal })
  const roundTripMs = host.monotonicMs() - sentMonotonicMs
  const serverTime = response.headers.get('x-server-time') ?? undefined
  const shown = readTime(serverTime, response.headers.get('date') ?? undefined, sentWallMs)
  return {
    serverTime,
    health: readHealth(response.status, parseObject(await readResponseText(response, maxAnswerBytes))),
    times: shown && { sentWallMs, roundTripMs, ...shown },
  }
}

function readTime(
  serverTime: string | undefined,
  date: string | undefined,
  referenceMs: number,
): Pick<Exchange, 'serverTimeMs' | 'resolutionMs'> | undefined {
  const exactMs = serverTime === undefined ? undefined : parseServerTimeMs(serverTime)
  if (exactMs !== undefined) return { serverTimeMs: exactMs, resolutionMs: 1 }
  const dateMs = date === undefined ? undefined : parseHttpDate(date, referenceMs)
  return dateMs === undefined ? undefined : { serverTimeMs: dateMs, resolutionMs: 1000 }
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
