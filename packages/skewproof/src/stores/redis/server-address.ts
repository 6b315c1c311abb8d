import type { RedisClientOptions } from '@redis/client'

/** What decides where a connection goes, and as whom. */
export type HowToConnect = Pick<
  RedisClientOptions,
  'socket' | 'username' | 'password' | 'credentialsProvider' | 'database' | 'name' | 'url'
>

/** One server, and how to log in there. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly database: number
  readonly username: string | undefined
  readonly password: string | undefined
  readonly tls: { ca?: string; cert?: string; key?: string } | undefined
  /** How a client that was given connects. */
  readonly inherited?: HowToConnect
}
