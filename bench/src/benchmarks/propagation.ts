import { systemHostClock } from 'skewproof'
import { type Benchmark, below, figure } from '../benchmark.js'
import { openRedisStore, startRedis } from '../harness/redis.js'
import { serviceOver } from '../harness/services.js'
import { quantile } from '../harness/statistics.js'
import { startWorker, type Worker } from '../harness/workers.js'
import type { Sighting } from '../workers/watcher.js'

const watcherCount = 4
const revocations = 1000
/** Before those that count: until then, what runs is still being compiled. */
const warmUps = 100

const method = `One process revokes ${revocations.toLocaleString('en')} tokens, one after the other; ${watcherCount} others, which have each token in
their caches, verify it every millisecond until they refuse it. The time is from the call of \`revoke\` to the first refusal in
each of them, so that it holds up to a millisecond of waiting. *Accepted after*: how long after the call had returned a
verification began that was still accepted, at most; what is promised is \`maxStaleness\`, 1 s. ${warmUps} revocations before do not count.`

export const propagation: Benchmark = {
  name: 'propagation',
  title: 'Revocation, in five processes over Redis',
  async run({ quick, progress }) {
    const redis = await startRedis()
    const workers: Worker[] = []
    try {
      for (let index = 0; index < (quick ? 1 : watcherCount); index += 1)
        workers.push(await startWorker('watcher', [redis.url]))
      const store = await openRedisStore(redis.url)
      const tokens = serviceOver(store)
      const seenMs: number[] = []
      const acceptedAfterMs: number[] = []
      const count = quick ? 10 : revocations
      progress(`${count} revocations`)
      for (let number = quick ? 0 : -warmUps; number < count; number += 1) {
        const { access_token: token, jti } = await tokens.issue({ subject: `user-${number}` })
        await Promise.all(workers.map(worker => worker.ask({ see: token })))
        const watching = workers.map(worker => worker.ask<Sighting>({ watch: token }))
        await new Promise(resolve => setTimeout(resolve, 3))
        const calledAtMs = systemHostClock.monotonicMs()
        await tokens.revoke(jti)
        const returnedAtMs = systemHostClock.monotonicMs()
        const sightings = await Promise.all(watching)
        if (number < 0) continue
        for (const { acceptedAtMs, refusedAtMs } of sightings) {
          seenMs.push(refusedAtMs - calledAtMs)
          // It may have been refused at once, when the order came after the revocation.
          if (acceptedAtMs > returnedAtMs) acceptedAfterMs.push(acceptedAtMs - returnedAtMs)
        }
      }
      tokens.close()
      await store.close()
      const p99 = quantile(seenMs, 0.99)
      const latest = Math.max(0, ...acceptedAfterMs)
      return {
        method,
        tables: [
          {
            head: [
              'revocations',
              'median',
              'p99',
              'longest',
              'accepted after, at most',
              'beyond `maxStaleness`',
            ],
            rows: [
              [
                figure('count', count),
                figure('ms', quantile(seenMs, 0.5)),
                figure('ms', p99),
                figure('ms', Math.max(...seenMs)),
                figure('ms', latest),
                figure('count', acceptedAfterMs.filter(ms => ms > store.maxStalenessMs).length),
              ],
            ],
          },
        ],
        aims: [
          below('revocation propagation over five processes, p99', 5, figure('ms', p99)),
          below('the same: accepted after the call had returned', store.maxStalenessMs, figure('ms', latest)),
        ],
      }
    } finally {
      for (const worker of workers) await worker.end()
      await redis.end()
    }
  },
}
