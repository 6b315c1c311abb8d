import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { addSettings, type Setting } from '../configuration.ts'
import { readResponseText } from '../response-text.ts'
import { credentialsPath, readCredentials } from '../service/credentials.ts'
import { serviceUrl } from '../service-url.ts'
import { UsageError } from '../usage-error.ts'

const settings: readonly Setting[] = [
  { flags: '--url <url>', description: 'where the service is', default: 'http://127.0.0.1:8787' },
  { flags: '--data-dir <directory>', description: 'where its credentials are', default: '.skewproof' },
  {
    flags: '--credentials <file>',
    description: "a client's credentials (default: DATA-DIR/credentials.json)",
  },
  { flags: '--timeout <seconds>', description: 'how long to wait for an answer', default: '10' },
]

export interface ServiceOptions {
  readonly url: string
  readonly dataDir: string
  readonly credentials?: string
  readonly timeout: string
  readonly json?: boolean
}

/** The options of commands that talk to a running service. */
export function addServiceOptions(command: Command): Command {
  return addSettings(command, settings).option('--json', 'print JSON')
}

export interface ServiceAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface ServiceRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly json?: unknown
  /** Instead of the client's credentials. */
  readonly bearer?: string
  /** Whether it can also be asked without credentials, where there are none. */
  readonly mayBeAnonymous?: boolean
  /** How long the answer may be. Default 1 MiB. */
  readonly maxAnswerBytes?: number
}

const usualMaxAnswerBytes = 1_048_576

/** @throws UsageError when the service cannot be reached, or refuses the credentials */
export async function callService(options: ServiceOptions, request: ServiceRequest): Promise<ServiceAnswer> {
  const response = await send(options, request)
  if (response.status === 401 && request.bearer === undefined) {
    throw new UsageError(
      'the service does not accept the credentials, or wants some; give them with --credentials',
    )
  }
  const text = await readText(response, options.url, request.maxAnswerBytes)
  return { status: response.status, body: parse(text, options.url) }
}

/** The body of a good answer. @throws UsageError with the service's own words for any other */
export async function callServiceOk(
  options: ServiceOptions,
  request: ServiceRequest,
): Promise<ServiceAnswer['body']> {
  const { status, body } = await callService(options, request)
  if (status !== 200) throw new UsageError(`the service refused: ${String(body['detail'] ?? status)}`)
  return body
}

async function send(options: ServiceOptions, request: ServiceRequest): Promise<Response> {
  const url = serviceUrl(options.url, request.path)
  const seconds = Number(options.timeout)
  if (!(seconds > 0 && seconds <= 3600)) throw new UsageError('--timeout: use a number of seconds up to 3600')
  try {
    return await fetch(url, {
      method: request.method,
      headers: {
        ...authorization(options, request),
        ...(request.json !== undefined && { 'content-type': 'application/json' }),
      },
      ...(request.json !== undefined && { body: JSON.stringify(request.json) }),
      redirect: 'error',
      signal: AbortSignal.timeout(seconds * 1000),
    })
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(
      `the service at ${options.url} cannot be reached; is it running? Give another with --url`,
    )
  }
}

async function readText(
  response: Response,
  url: string,
  maxAnswerBytes = usualMaxAnswerBytes,
): Promise<string> {
  let text: string | undefined
  try {
    text = await readResponseText(response, maxAnswerBytes)
  } catch {
    throw new UsageError(`the service at ${url} has not finished its answer; try again`)
  }
  if (text === undefined) throw new UsageError(`the answer of ${url} is too large`)
  return text
}

function authorization(
  options: ServiceOptions,
  { bearer, mayBeAnonymous = false }: ServiceRequest,
): { authorization?: string } {
  if (bearer !== undefined) return { authorization: `Bearer ${bearer}` }
  const isWithout =
    mayBeAnonymous && options.credentials === undefined && !existsSync(credentialsPath(options.dataDir))
  return isWithout ? {} : { authorization: basic(options) }
}

function basic(options: ServiceOptions): string {
  const path = options.credentials ?? credentialsPath(options.dataDir)
  const { clientId, clientSecret } = readCredentials(path)
  return `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
}

function parse(text: string, url: string): Readonly<Record<string, unknown>> {
  if (text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new UsageError(`${url} does not answer as Skewproof does; is it the right address?`)
}
