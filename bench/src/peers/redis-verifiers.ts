import { openRedisStore } from '../harness/redis.js'
import type { Contestant } from '../harness/rounds.js'
import { inBatches, issueMany, serviceOver } from '../harness/services.js'
import { TokenPool } from '../harness/token-pool.js'
import { type Textbook, textbookAsWritten, textbookWell } from './textbook.js'

export const asWritten = 'textbook as written'
export const writtenWell = 'textbook written well'
export const withClientCache = 'written well, client-side cache'
export const ours = 'skewproof'

export interface RedisVerifiers {
  /** Each verifies `atOnce` tokens at once, and asks Redis whether they were revoked, or knows. */
  readonly contestants: readonly Contestant<string>[]
  close(): Promise<void>
}

/** Ways to verify tokens that can be revoked through one Redis; each with so many live tokens of its own, all seen before. */
export async function redisVerifiers(url: string, count: number, atOnce: number): Promise<RedisVerifiers> {
  const peers: readonly (readonly [string, Textbook])[] = [
    [asWritten, textbookAsWritten(url)],
    [writtenWell, await textbookWell(url)],
    [withClientCache, await textbookWell(url, true)],
  ]
  const store = await openRedisStore(url)
  const tokens = serviceOver(store, { algorithm: 'HS256', cacheSize: count * 2 + 100 })
  const issued = await issueMany(tokens, count)
  await inBatches(issued, 256, token => tokens.verify(token))
  const contestants = [contestant(ours, issued, atOnce, token => tokens.verify(token))]
  for (const [name, peer] of peers) {
    const own: string[] = []
    await inBatches([...issued.keys()], 256, async number => own.push(await peer.issue(`user-${number}`)))
    await inBatches(own, 256, token => peer.verify(token))
    contestants.push(contestant(name, own, atOnce, token => peer.verify(token)))
  }
  return {
    contestants,
    async close() {
      for (const [, peer] of peers) await peer.close()
      tokens.close()
      await store.close()
    },
  }
}

function contestant(
  name: string,
  issued: readonly string[],
  atOnce: number,
  verify: (token: string) => Promise<unknown>,
): Contestant<string> {
  const pool = new TokenPool(issued)
  return {
    name,
    prepare: count => pool.some(count),
    async run(items) {
      for (let first = 0; first < items.length; first += atOnce) {
        await Promise.all(items.slice(first, first + atOnce).map(verify))
      }
    },
  }
}
