import type { Setting } from './configuration.ts'
import { readNamedFile, readSecretFile } from './secret-file.ts'

/** How to log in to a Redis, besides its URL. */
export const redisAccessSettings: readonly Setting[] = [
  { flags: '--redis-user <name>', description: 'the ACL user at the Redis' },
  { flags: '--redis-password-file <file>', description: 'holds the password for the Redis' },
  { flags: '--redis-ca-file <file>', description: 'whom to trust for the certificate of the Redis; PEM' },
]

export interface RedisAccessSettings {
  readonly redisUser?: string
  readonly redisPasswordFile?: string
  readonly redisCaFile?: string
}

export interface RedisAccess {
  readonly username: string | undefined
  readonly password: string | undefined
  /** Certificates in PEM. */
  readonly ca: string | undefined
}

/** @throws UsageError when a file is not as it must be */
export function readRedisAccess({
  redisUser,
  redisPasswordFile,
  redisCaFile,
}: RedisAccessSettings): RedisAccess {
  return {
    username: redisUser,
    password:
      redisPasswordFile && readSecretFile('--redis-password-file', redisPasswordFile).toString('utf8').trim(),
    ca: redisCaFile && readNamedFile('--redis-ca-file', redisCaFile).toString('utf8'),
  }
}
