// A process that fills something with tokens, and says how much memory it takes.

import { createVerifier, signToken } from 'skewproof'
import { memoryStore } from 'skewproof/memory'
import { nextTurn } from '../harness/rounds.js'
import { issueMany, serviceOver } from '../harness/services.js'
import { answerMessages } from '../harness/workers.js'
import { audience, claimsOf, issuer, makeKey } from '../peers/tokens.js'

export type FillerOrder = { readonly fill: 'memory' | 'cache'; readonly count: number }

export interface Filling {
  readonly bytes: number
}

answerMessages<FillerOrder>(async ({ fill, count }) => {
  const filled = fill === 'memory' ? await fillStore(count) : await fillCache(count)
  return filled satisfies Filling
})

async function fillStore(count: number): Promise<Filling> {
  const store = memoryStore({ maxTokens: 10_000_000 })
  const tokens = serviceOver(store, { algorithm: 'HS256' })
  await issueMany(tokens, 1000)
  const before = await usedBytes()
  for (let done = 0; done < count; done += 10_000) await issueMany(tokens, Math.min(10_000, count - done))
  const bytes = (await usedBytes()) - before
  await store.close()
  return { bytes }
}

async function fillCache(count: number): Promise<Filling> {
  const key = makeKey('ES256')
  const verifier = createVerifier({ issuer, audience, keys: [key.signing], cacheSize: 2 * count + 2 })
  const before = await usedBytes()
  for (let number = 0; number < count; number += 1) {
    await verifier.verify(signToken(key.signing, { typ: 'at+jwt' }, claimsOf(number)))
  }
  const bytes = (await usedBytes()) - before
  verifier.close()
  return { bytes }
}

async function usedBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await nextTurn()
    globalThis.gc?.()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
