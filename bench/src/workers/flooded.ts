// A verifier under a flood of made-up tokens: how many of the good ones it still knows, and what memory it takes.
import { createVerifier } from 'skewproof'
import { nextTurn } from '../harness/rounds.js'
import { TokenPool } from '../harness/token-pool.js'
import { answerMessages } from '../harness/workers.js'
import { audience, issuer, makeKey, makeTokens } from '../peers/tokens.js'

export interface FloodOrder {
  /** How many made-up tokens come next. */
  readonly count: number
}

export interface FloodState {
  /** Of the good tokens, those that were found without a signature being verified. */
  readonly hitRate: number
  readonly heapBytes: number
  readonly residentBytes: number
}

const goodCount = 4000
const cacheSize = 10_000
const key = makeKey('HS256')
const verifier = createVerifier({ issuer, audience, keys: [key.signing], cacheSize })
const good = new TokenPool(makeTokens(key, goodCount))
const [model = ''] = makeTokens(key, 1, goodCount)
const unsigned = model.slice(0, model.lastIndexOf('.') + 1)
let forged = 0

for (let index = 0; index < goodCount; index += 1) await verifier.verify(good.at(index))

answerMessages<FloodOrder>(async ({ count }) => {
  for (let number = 0; number < count; number += 1) {
    await refuse(madeUp())
    if (number % 2000 === 0) await nextTurn()
  }
  let hits = 0
  for (const token of good.some(goodCount)) if (verifier.verifyCached(token) !== undefined) hits += 1
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  return { hitRate: hits / goodCount, heapBytes: heapUsed, residentBytes: rss } satisfies FloodState
})

/** All as it should be but for the signature, which is another one each time. */
function madeUp(): string {
  forged += 1
  return `${unsigned}${forged.toString(36).padStart(42, 'A')}A`
}

async function refuse(token: string): Promise<void> {
  const verified = await verifier.verify(token).catch(() => undefined)
  if (verified !== undefined) throw new Error('a made-up token was accepted')
}
