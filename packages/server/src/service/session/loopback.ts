import type { IncomingHttpHeaders } from 'node:http'
import { isFromAnotherSite } from './same-origin.ts'

/** What tells where a request came from. */
export interface Arrival {
  /** The socket's peer, as Node writes it. */
  readonly remoteAddress: string | undefined
  readonly httpVersion: string
  readonly headers: IncomingHttpHeaders
}

/** What proxies add. */
const proxyFields = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
]

/** 127.0.0.0/8, also as IPv6 writes it, and ::1. */
const loopbackAddress = /^(?:(?:::ffff:)?127(?:\.\d{1,3}){3}|::1)$/i

/** A name or address that only this machine answers to (RFC 6761, 6.3), with or without a port. */
const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

/**
 * Whether somebody on this very machine sent a request, to it by a name of its own: no page of another site by a name that it
 * pointed here (DNS rebinding), and nobody through a proxy. nginx speaks HTTP/1.0 to what is behind it unless it is told
 * otherwise, and no browser does.
 */
export function isFromThisMachine({ remoteAddress, httpVersion, headers }: Arrival): boolean {
  return (
    loopbackAddress.test(remoteAddress ?? '') &&
    loopbackHost.test(headers.host ?? '') &&
    httpVersion !== '1.0' &&
    proxyFields.every(name => headers[name] === undefined) &&
    !isFromAnotherSite(headers)
  )
}
