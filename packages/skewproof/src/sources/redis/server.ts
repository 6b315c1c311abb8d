import { OptionError } from '../../time/index.ts'

/** A Redis server, and how to log in there. */
export interface RedisServer {
  readonly host: string
  readonly port: number
  readonly isSecure: boolean
  readonly username: string | undefined
  readonly password: string | undefined
}

const defaultPort = 6379

/**
 * Reads `redis[s]://[[user]:password@]host[:port]`. The URL may hold a password: no message repeats it.
 *
 * @throws OptionError
 */
export function parseRedisUrl(text: string): RedisServer {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '')
    throw new OptionError('url', 'use redis://HOST:PORT or rediss://HOST:PORT')
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? defaultPort : Number(url.port),
    isSecure: url.protocol === 'rediss:',
    username: decode(url.username),
    password: decode(url.password),
  }
}

function decode(part: string): string | undefined {
  try {
    return part === '' ? undefined : decodeURIComponent(part)
  } catch {
    throw new OptionError('url', 'percent-encode what is special in its user and password')
  }
}

/** As it is shown: without the password. */
export function nameOf({ host, port, isSecure }: RedisServer): string {
  const shown = host.includes(':') ? `[${host}]` : host
  return `${isSecure ? 'rediss' : 'redis'}://${shown}${port === defaultPort ? '' : `:${port}`}`
}
