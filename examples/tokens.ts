import { createClock, createTokenService, type TokenClaims } from 'skewproof'
import { redisStore } from 'skewproof/redis'

/** What this application's tokens say. */
export interface Claims extends TokenClaims {
  readonly sub: string
  readonly tenant?: string
}

const { REDIS_URL = 'redis://127.0.0.1:6379', STORE_KEY = '', TIME_SOURCES = 'chrony' } = process.env

export const clock = await createClock({ sources: TIME_SOURCES.split(' ') })

export const tokens = createTokenService<Claims>({
  issuer: 'https://auth.example.com',
  audience: 'api',
  clock,
  store: redisStore({ url: REDIS_URL, encryptionKey: Buffer.from(STORE_KEY, 'base64') }),
})
