// A process that verifies one token again and again, until it is refused.
import { systemHostClock, TokenError } from 'skewproof'
import { openRedisStore } from '../harness/redis.js'
import { serviceOver } from '../harness/services.js'
import { answerMessages } from '../harness/workers.js'

/** By the clock that all processes of a machine share, ms. */
export interface Sighting {
  /** When the last verification began that was accepted. */
  readonly acceptedAtMs: number
  /** When the first one ended that was refused. */
  readonly refusedAtMs: number
}

export type WatcherOrder = { readonly see: string } | { readonly watch: string }

const store = await openRedisStore(process.argv[2] ?? '')
const tokens = serviceOver(store)

answerMessages<WatcherOrder>(async order => {
  if ('see' in order) {
    await tokens.verify(order.see)
    return {}
  }
  return watch(order.watch)
})

async function watch(token: string): Promise<Sighting> {
  let acceptedAtMs = Number.NaN
  for (;;) {
    const beganAtMs = systemHostClock.monotonicMs()
    try {
      await tokens.verify(token)
    } catch (error) {
      if (!(error instanceof TokenError && error.code === 'ERR_TOKEN_REVOKED')) throw error
      return { acceptedAtMs, refusedAtMs: systemHostClock.monotonicMs() }
    }
    acceptedAtMs = beganAtMs
    // Four that never rest would keep each other, the issuer and Redis waiting.
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}
