import type { Clock } from '../../clock/clock.ts'
import type { RequestFields } from '../credentials.ts'
import type { HttpError } from '../http-error.ts'
import { problemType } from '../problem.ts'
import { exposing, serverTimeValue } from '../time.ts'

/** What is read of a request of `node:http` or `node:http2`. */
export interface NodeRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Names and values in turn, as they were received; none, where nothing was: in a cloud's function, or in a test. */
  readonly rawHeaders?: readonly string[] | undefined
}

type FieldValue = number | string | readonly string[]

/** Fields as `writeHead` takes them: an object, names and values in turn, or, which no documentation tells, pairs of them. */
type HeadFields = Readonly<Record<string, FieldValue | undefined>> | readonly FieldValue[]

/** What is used of a response of `node:http` or `node:http2`. */
export interface NodeResponse {
  statusCode: number
  readonly headersSent: boolean
  readonly writableEnded: boolean
  /** Of HTTP/1. */
  readonly destroyed?: boolean
  /** Of HTTP/2. */
  readonly stream?: { readonly destroyed: boolean }
  getHeader(name: string): FieldValue | undefined
  setHeader(name: string, value: FieldValue): unknown
  appendHeader(name: string, value: string | readonly string[]): unknown
  removeHeader(name: string): void
  writeHead(status: number, reason?: string | HeadFields, fields?: HeadFields): unknown
  end(body: string): unknown
}

/** An answer that is known as a whole. */
export interface JsonAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly type: string
  readonly body: unknown
}

/**
 * `headers` is what counts here as everywhere: middleware may have changed it, and some requests have nothing else. But of several
 * Authorization fields it holds only the first; what was received holds them all.
 */
export function nodeFields(request: NodeRequest): RequestFields {
  return {
    values(name) {
      const received = receivedValues(request.rawHeaders ?? [], name)
      return received.length > 1 ? received : [request.headers[name] ?? []].flat()
    },
  }
}

/**
 * The fields as they were received, for servers where nothing stands before us that changes them: to have them as an object
 * costs a request more than to look for one.
 */
export function receivedFields({ rawHeaders = [] }: Pick<NodeRequest, 'rawHeaders'>): RequestFields {
  return { values: name => receivedValues(rawHeaders, name) }
}

function receivedValues(rawHeaders: readonly string[], name: string): readonly string[] {
  const values: string[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const field = rawHeaders[at] ?? ''
    // Most names are of another length, and need not be put into lower case.
    if (field.length === name.length && field.toLowerCase() === name) values.push(rawHeaders[at + 1] ?? '')
  }
  return values
}

/** Whether nothing can be answered any more: the caller is gone, or somebody else has answered. */
export function isOver(response: NodeResponse): boolean {
  const isGone = response.destroyed === true || response.stream?.destroyed === true
  return isGone || response.headersSent || response.writableEnded
}

export function sendJson(response: NodeResponse, { status, headers, type, body }: JsonAnswer): void {
  if (isOver(response)) return
  const text = JSON.stringify(body)
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.setHeader('content-type', type)
  response.setHeader('content-length', Buffer.byteLength(text))
  response.end(text)
}

export function sendRefusal(response: NodeResponse, { status, headers, problem }: HttpError): void {
  sendJson(response, { status, headers, type: problemType, body: problem })
}

/** Has the response tell the time at which its head is written, whoever writes it. */
export function stampHead(response: NodeResponse, clock: Clock): void {
  const { writeHead } = response
  response.writeHead = (status, reason, fields) => {
    if (!response.headersSent) {
      replaceFields(response, typeof reason === 'string' ? fields : reason)
      response.setHeader('X-Server-Time', serverTimeValue(clock))
      const name = 'Access-Control-Expose-Headers'
      response.setHeader(name, exposing(String(response.getHeader(name) ?? '')))
    }
    return writeHead.call(response, status, typeof reason === 'string' ? reason : undefined)
  }
}

/** What `writeHead` does with the fields that it is given, so that ours can be added to them. */
function replaceFields(response: NodeResponse, fields: HeadFields | null | undefined): void {
  if (!isList(fields)) {
    for (const [name, value] of Object.entries(fields ?? {})) response.setHeader(name, value ?? '')
    return
  }
  const inTurn = Array.isArray(fields[0]) ? fields.flat() : fields
  const names = inTurn.filter((_field, index) => index % 2 === 0).map(String)
  for (const name of names) response.removeHeader(name)
  for (const [index, name] of names.entries()) {
    const value = inTurn[2 * index + 1] ?? ''
    response.appendHeader(name, typeof value === 'number' ? String(value) : value)
  }
}

function isList(fields: HeadFields | null | undefined): fields is readonly FieldValue[] {
  return Array.isArray(fields)
}
