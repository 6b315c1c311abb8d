/**
 * What the heartbeats of a fleet cost its Redis: `node examples/fleet-cost/fleet-cost.mjs redis://127.0.0.1:6379 [NODES ...]`.
 *
 * For each size of fleet it lets that many nodes report, by the library's own words for them, and asks Redis how long it worked,
 * in time of its processor, and how much it sent. It uses keys of its own, which are gone after two minutes.
 */
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { createClient } from '@redis/client'
import { createClock, systemHostClock } from 'skewproof'
import { beatIntervalMs, FleetMember, nodeIdentity } from 'skewproof/fleet'
import { redisFleet } from 'skewproof/redis'
import { system } from 'skewproof/sources'

const [url = 'redis://127.0.0.1:6379', ...sizes] = process.argv.slice(2)
const rounds = 3
/** How many beats are under way at once. */
const atOnce = 20

const redis = createClient({ url })
await redis.connect()

/** How long Redis has worked, ms of a processor, and how much it has sent, bytes. */
async function usage() {
  const information = `${await redis.info('cpu')}\n${await redis.info('stats')}`
  const read = name => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(information)?.[1])
  return {
    spentMs: (read('used_cpu_user') + read('used_cpu_sys')) * 1000,
    sentBytes: read('total_net_output_bytes'),
  }
}

/** Costs of one beat in a fleet of so many. */
async function measure(nodes) {
  const store = redisFleet({ url, keyPrefix: `skewproof-cost-${randomBytes(4).toString('hex')}` })
  const clock = await createClock({ sources: [system()] })
  const members = Array.from({ length: nodes }, (_, index) => {
    const identity = {
      ...nodeIdentity({ name: `node-${index}`, version: '0.1.0' }),
      node: `node-${index}:4711`,
    }
    return new FleetMember({ store, identity })
  })
  const context = { host: systemHostClock, clock, signal: new AbortController().signal }
  const beatAll = async () => {
    for (let first = 0; first < nodes; first += atOnce)
      await Promise.all(
        members.slice(first, first + atOnce).map(member => member.measure(context).catch(() => {})),
      )
  }
  // Everybody is there, and has something to say.
  await beatAll()
  await beatAll()
  const before = await usage()
  for (let round = 0; round < rounds; round += 1) await beatAll()
  const after = await usage()
  for (const member of members) await member.leave()
  clock.close()
  store.close()
  const beats = nodes * rounds
  return {
    spentMs: (after.spentMs - before.spentMs) / beats,
    sentBytes: (after.sentBytes - before.sentBytes) / beats,
  }
}

const twoDigits = value => Number(value.toPrecision(2))

console.log(
  '| nodes | a beat each | Redis works for a beat | for all, of one processor | a node receives | Redis sends to all |',
)
console.log('| --- | --- | --- | --- | --- | --- |')
for (const size of sizes.length > 0 ? sizes.map(Number) : [5, 100, 1000]) {
  const { spentMs, sentBytes } = await measure(size)
  const intervalSeconds = beatIntervalMs(size, 1000) / 1000
  const perSecond = size / intervalSeconds
  console.log(
    `| ${size} | ${intervalSeconds} s | ${twoDigits(spentMs)} ms | ${twoDigits((spentMs * perSecond) / 10)} % | ${twoDigits(sentBytes / intervalSeconds / 1000)} kB/s | ${twoDigits((sentBytes * perSecond) / 1e6)} MB/s |`,
  )
}
await redis.close()
