import { type ChildProcess, spawn } from 'node:child_process'
import { createPublicKey, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import process, { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ManualClock, systemHostClock } from '../../packages/skewproof/src/clock/index.ts'
import { clockEndpoint } from '../../packages/skewproof/src/http/node/index.ts'
import { createClock } from '../../packages/skewproof/src/sources/create-clock.ts'
import { type RedisStore, redisStore } from '../../packages/skewproof/src/stores/redis/index.ts'
import { createTokenService, type TokenService } from '../../packages/skewproof/src/tokens/index.ts'
import { fakedClock } from '../support/faked-clock.ts'
import { end, eventually, freePort } from '../support/processes.ts'
import { RedisServer } from '../support/redis-server.ts'
import type { RecipeName } from './clients.ts'

/** The servers of one machine: with Skewproof, and as their frameworks do it without. */
export type Machine = Record<RecipeName, { readonly recipe: string; readonly usual: string }>

/**
 * Three machines over one Redis, and an issuer whose clock is right. The first one's clock is right, and it knows that. The
 * second one's is 180 s ahead, and the store is all that it has. The third one's is 150 s behind, and it asks a server for the time.
 */
export interface World {
  readonly right: Machine
  readonly ahead: Machine
  readonly behind: Machine
  readonly redis: RedisServer
  readonly tokens: TokenService
  /** Another issuer over the same store, whose clock is 150 s ahead and which does not know. */
  readonly hasty: TokenService
  /** The same issuer, for another audience. */
  readonly elsewhere: TokenService
  end(): Promise<void>
}

/** What the sessions of Auth.js are encrypted with, where it does that itself. */
export const authSecret = 'a-secret-of-at-least-32-characters'

const program = fileURLToPath(new URL('servers.mjs', import.meta.url))

export async function startWorld(): Promise<World> {
  const redis = await RedisServer.start()
  const encryptionKey = randomBytes(32)
  const store: RedisStore = redisStore({ url: redis.url, encryptionKey })
  await eventually(() => store.sync())
  const clock = await createClock({ sources: ['system'] })
  const service = { issuer: 'https://auth.example.com', audience: 'api', store }
  const tokens = createTokenService({ ...service, clock })
  const hastyClock = new ManualClock({ timeMs: systemHostClock.wallMs() + 150_000, errorMs: 10 })
  const hasty = createTokenService({ ...service, clock: hastyClock })

  const elsewhere = createTokenService({ ...service, clock, audience: 'another' })

  const time = createServer(clockEndpoint({ clock })).listen(0, '127.0.0.1')
  await once(time, 'listening')
  const address = time.address()
  const clockUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/clock`
  const [jwk = {}] = (await tokens.jwks()).keys
  const env = {
    NODE_ENV: 'production',
    AUTH_SECRET: authSecret,
    PASSWORD: 'open sesame',
    PORT: '0',
    PUBLIC_KEY: String(createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })),
    REDIS_URL: redis.url,
    STORE_KEY: encryptionKey.toString('base64'),
  }
  const children: ChildProcess[] = []
  const start = (offsetSeconds: number, source: string) => {
    const child = spawn(execPath, [program], {
      env: { ...process.env, ...env, ...fakedClock(offsetSeconds), TIME_SOURCES: source },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.push(child)
    return machineOf(child)
  }
  const [right, ahead, behind] = await Promise.all([
    start(0, 'system'),
    start(180, `chrony:127.0.0.1:${await freePort()}`),
    start(-150, clockUrl),
  ])
  return {
    right,
    ahead,
    behind,
    redis,
    tokens,
    hasty,
    elsewhere,
    async end() {
      await Promise.all(children.map(end))
      time.close()
      clock.close()
      await store.close()
      await redis.end()
    },
  }
}

async function machineOf({ stdout, stderr }: ChildProcess): Promise<Machine> {
  if (stdout === null) throw new Error('it has no output')
  const complaints: string[] = []
  stderr?.on('data', chunk => void complaints.push(String(chunk)))
  for await (const line of createInterface({ input: stdout })) {
    if (line.startsWith('{')) return JSON.parse(line)
  }
  throw new Error(`the servers ended before they had started: ${complaints.join('')}`)
}
