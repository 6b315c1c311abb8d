import { isIP } from 'node:net'
import { OptionError } from '../../time/index.ts'

/** Where a server listens. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

const hostname = /^(?!-)[\w-]{1,63}(\.[\w-]{1,63})*\.?$/

/**
 * An endpoint as users write it: `time.example.com`, `192.0.2.1:1123`, `[::1]:123`, `::1`.
 *
 * @throws OptionError that names `option`
 */
export function parseEndpoint(option: string, text: string, defaultPort: number): Endpoint {
  const refuse = (why: string) => new OptionError(option, `'${text.slice(0, 80)}' ${why}`)
  if (isIP(text) === 6) return { host: text, port: defaultPort }
  const [, bracketed, name = '', portText] = /^(?:\[(.*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? []
  const host = bracketed ?? name
  const isValid = bracketed === undefined ? isName(host) : isIP(host) === 6
  if (!isValid) throw refuse('is not HOST, HOST:PORT or [IPV6]:PORT')
  if (portText === undefined) return { host, port: defaultPort }
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0
  if (port < 1 || port > 65_535) throw refuse('has no port from 1 to 65535')
  return { host, port }
}

/** A host's name or an IPv4 address; what looks like an address must be one. */
function isName(text: string): boolean {
  if (/^[\d.]+$/.test(text)) return isIP(text) === 4
  return text.length <= 253 && hostname.test(text)
}

/** As users write it; IPv6 addresses in brackets where a port follows. */
export function formatEndpoint({ host, port }: Endpoint, defaultPort: number): string {
  if (port === defaultPort) return host
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}
