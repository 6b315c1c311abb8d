import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:http2'

export interface Sent {
  method?: string
  headers?: Readonly<Record<string, string | readonly string[]>>
  /** Gives up the request. */
  signal?: AbortSignal
}

export interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
}

/** One request by real HTTP, with its fields as they are: `fetch` would join several of one name. */
export type Send = (url: string, sent?: Sent) => Promise<Received>

export const sendHttp1: Send = async (url, { method = 'GET', headers = {}, signal } = {}) => {
  const request = httpRequest(url, { method, agent: false, ...(signal && { signal }) })
  for (const [name, value] of Object.entries(headers)) request.setHeader(name, value)
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const text = (await response.setEncoding('utf8').toArray()).join('')
  return { status: response.statusCode ?? 0, headers: singles(response.headers), text }
}

export const sendHttp2: Send = async (url, { method = 'GET', headers = {}, signal } = {}) => {
  const { origin, pathname, search } = new URL(url)
  const session = connect(origin)
  try {
    // Node sends no second `authorization`; an intermediary may join them so.
    const fields = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')])
    const stream = session.request(
      { ...Object.fromEntries(fields), ':path': pathname + search, ':method': method },
      { ...(signal && { signal }) },
    )
    stream.end()
    const [received] = (await once(stream, 'response')) as [Record<string, string>]
    const text = (await stream.setEncoding('utf8').toArray()).join('')
    return { status: Number(received[':status']), headers: singles(received), text }
  } finally {
    session.destroy()
  }
}

function singles(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
