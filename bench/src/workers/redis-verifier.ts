// One of several processes that verify tokens over one Redis at the same time.
import { answerMessages } from '../harness/workers.js'
import { redisVerifiers } from '../peers/redis-verifiers.js'

const [, , url = '', count = '1000'] = process.argv
const { contestants } = await redisVerifiers(url, Number(count), 64)

interface Order {
  readonly name: string
  readonly ms: number
}

/** Verifies for a while; answers how many it has verified in which time. */
answerMessages<Order>(async ({ name, ms }) => {
  const contestant = contestants.find(one => one.name === name)
  if (contestant === undefined) throw new Error(`nobody verifies like ${name}`)
  const startedMs = performance.now()
  let verified = 0
  while (performance.now() - startedMs < ms) {
    const items = contestant.prepare(256)
    await contestant.run(items)
    verified += items.length
  }
  return { verified, tookMs: performance.now() - startedMs }
})
