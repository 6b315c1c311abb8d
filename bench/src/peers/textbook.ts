import { createSecretKey } from 'node:crypto'
import { createClient, type RedisClientType } from '@redis/client'
import { Redis as IoRedis } from 'ioredis'
import jsonwebtoken from 'jsonwebtoken'

/** What many teams write: a JWT whose `jti` is looked up in Redis with each request. */
export interface Textbook {
  issue(subject: string): Promise<string>
  /** @throws Error when it is not good */
  verify(token: string): Promise<unknown>
  close(): Promise<void>
}

const secret = 'a secret of thirty-two characters, or a few more, from the environment'
const expiresInSeconds = 7200
const claims = { scope: 'orders:read orders:write', client_id: 'client_7jWk2hP0qZ' }

/** As it is usually written: the secret as a string, ioredis, `SETEX` and `GET`. */
export function textbookAsWritten(url: string): Textbook {
  const redis = new IoRedis(url)
  return {
    async issue(subject) {
      const jwtid = crypto.randomUUID()
      const token = jsonwebtoken.sign(claims, secret, { subject, jwtid, expiresIn: expiresInSeconds })
      await redis.setex(`token:${jwtid}`, expiresInSeconds + 60, '1')
      return token
    },
    async verify(token) {
      const verified = jsonwebtoken.verify(token, secret, { clockTolerance: 30 }) as jsonwebtoken.JwtPayload
      if ((await redis.get(`token:${verified.jti}`)) === null) throw new Error('revoked')
      return verified
    },
    async close() {
      redis.disconnect()
    },
  }
}

/** The same with what is known to be fast: a `KeyObject` and node-redis; and with its cache on the client's side. */
export async function textbookWell(url: string, withCache = false): Promise<Textbook> {
  const key = createSecretKey(Buffer.from(secret))
  const redis = createClient({
    url,
    RESP: 3,
    ...(withCache && { clientSideCache: { ttl: 0, maxEntries: 0 } }),
  }) as RedisClientType
  redis.on('error', () => {})
  await redis.connect()
  return {
    async issue(subject) {
      const jwtid = crypto.randomUUID()
      const token = jsonwebtoken.sign(claims, key, { subject, jwtid, expiresIn: expiresInSeconds })
      await redis.setEx(`token:${jwtid}`, expiresInSeconds + 60, '1')
      return token
    },
    async verify(token) {
      const options = { algorithms: ['HS256' as const], clockTolerance: 30 }
      const verified = jsonwebtoken.verify(token, key, options) as jsonwebtoken.JwtPayload
      if ((await redis.get(`token:${verified.jti}`)) === null) throw new Error('revoked')
      return verified
    },
    async close() {
      redis.destroy()
    },
  }
}
