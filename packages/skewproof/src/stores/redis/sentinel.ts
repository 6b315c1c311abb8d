import { askOnce } from './node-redis.ts'
import type { ServerAddress } from './server-address.ts'

/** Asks Sentinels, one after another, where the primary is now. */
export function askSentinels(
  name: string,
  sentinels: readonly ServerAddress[],
  timeoutMs: number,
): () => Promise<Pick<ServerAddress, 'host' | 'port'>> {
  let first = 0
  return async () => {
    const problems: string[] = []
    for (let step = 0; step < sentinels.length; step += 1) {
      const position = (first + step) % sentinels.length
      const sentinel = sentinels[position]
      if (sentinel === undefined) continue
      try {
        const address = await askOne(name, sentinel, timeoutMs)
        // The next time this one is asked first: it is there.
        first = position
        return address
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error))
      }
    }
    throw new Error(`no Sentinel knows where ${name} is (${problems.join('; ')})`)
  }
}

async function askOne(
  name: string,
  sentinel: ServerAddress,
  timeoutMs: number,
): Promise<Pick<ServerAddress, 'host' | 'port'>> {
  const answer = await askOnce(sentinel, timeoutMs, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name])
  const [host, port] = Array.isArray(answer) ? answer : []
  if (typeof host !== 'string' || !/^\d{1,5}$/.test(String(port))) throw new Error('it does not know it')
  return { host, port: Number(port) }
}
