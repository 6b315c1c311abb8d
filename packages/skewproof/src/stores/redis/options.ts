import type { HostClock } from '../../clock/host.ts'
import { systemHostClock } from '../../clock/system.ts'
import { type Duration, OptionError, parseDurationMs } from '../../time/index.ts'
import { requireText } from '../../tokens/options.ts'
import { Seal } from './seal.ts'

export interface RedisStoreOptions {
  /** `redis[s]://[[user]:password@]host[:port][/database]` */
  url: string
  /** Instead of the one in the URL. */
  username?: string | undefined
  /** Instead of the one in the URL. */
  password?: string | undefined
  /** With `rediss:`: the authorities to trust besides, or instead of, the system's, and a certificate of our own; PEM. */
  tls?: { ca?: string; cert?: string; key?: string } | undefined
  /** What the names of all keys begin with. Default `skewproof`. */
  keyPrefix?: string | undefined
  /**
   * 32 bytes that Redis does not have: documents, with the private keys that sign in them, are encrypted with it (AES-256-GCM).
   * All processes need the same one. Without it the store takes no documents: `keys: 'store'` needs it.
   */
  encryptionKey?: Uint8Array | undefined
  /**
   * For how long a revocation that was acknowledged elsewhere may stay unseen here; 100 ms to 60 s, default 1 s. A process that
   * has not heard of Redis for longer asks it about each token.
   */
  maxStaleness?: Duration | undefined
  /** How long a command may take before the store counts as unavailable; 50 ms to 60 s, default 2 s. */
  commandTimeout?: Duration | undefined
  /** This machine's raw clocks; for tests. */
  host?: HostClock | undefined
}

export interface RedisSettings {
  readonly server: ServerAddress
  readonly keyPrefix: string
  readonly seal: Seal | undefined
  readonly maxStalenessMs: number
  readonly commandTimeoutMs: number
  readonly host: HostClock
}

/** One server, and how to log in there. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly database: number
  readonly username: string | undefined
  readonly password: string | undefined
  readonly tls: { ca?: string; cert?: string; key?: string } | undefined
}

/** @throws OptionError */
export function parseOptions(options: RedisStoreOptions): RedisSettings {
  return {
    server: parseServer(options),
    keyPrefix: parsePrefix(options.keyPrefix ?? 'skewproof'),
    seal: options.encryptionKey === undefined ? undefined : new Seal(options.encryptionKey),
    maxStalenessMs: parseDurationMs('maxStaleness', options.maxStaleness ?? '1s', {
      minMs: 100,
      maxMs: 60_000,
    }),
    commandTimeoutMs: parseDurationMs('commandTimeout', options.commandTimeout ?? '2s', {
      minMs: 50,
      maxMs: 60_000,
    }),
    host: options.host ?? systemHostClock,
  }
}

/** The URL may hold a password: no message repeats it. */
function parseServer({ url, username, password, tls }: RedisStoreOptions): ServerAddress {
  const text = requireText('url', url)
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (parsed === undefined || !['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') {
    throw new OptionError('url', 'use redis://host:port or rediss://host:port')
  }
  const isSecure = parsed.protocol === 'rediss:'
  if (tls !== undefined && !isSecure)
    throw new OptionError('tls', 'it goes with a URL that begins with rediss:')
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    database: parseDatabase(parsed.pathname),
    username: username ?? decode(parsed.username),
    password: password ?? decode(parsed.password),
    tls: isSecure ? (tls ?? {}) : undefined,
  }
}

function parseDatabase(path: string): number {
  const match = /^\/?(\d{0,4})$/.exec(path)
  if (match === null)
    throw new OptionError('url', 'its path, where there is one, is the number of a database')
  return Number(match[1])
}

function decode(part: string): string | undefined {
  if (part === '') return undefined
  try {
    return decodeURIComponent(part)
  } catch {
    throw new OptionError('url', 'percent-encode what is special in its user and password')
  }
}

/** Braces would say where in a cluster a key lies, which is ours to say. */
function parsePrefix(prefix: string): string {
  if (!/^[A-Za-z0-9_.:/-]{1,100}$/.test(prefix)) {
    throw new OptionError('keyPrefix', 'use 1 to 100 letters, digits, and any of _ . : / -')
  }
  return prefix
}
