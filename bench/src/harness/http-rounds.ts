import { type HttpRequest, type LoadOptions, prepareLoad } from './load.js'
import { processorMs, processTree, type Server } from './server.js'
import { type Summary, summarize } from './statistics.js'

export interface HttpContestant {
  readonly name: string
  readonly server: Server
  readonly requests: readonly HttpRequest[]
}

export interface HttpOutcome {
  readonly name: string
  readonly rate: Summary
  readonly rates: readonly number[]
  /** Processor time of the server for each request, microseconds. */
  readonly processorUs: number
}

export interface HttpRoundsOptions extends LoadOptions {
  readonly rounds: number
  /** Whether a first round of a second is not counted. */
  readonly warmsUp: boolean
}

/** Puts load on servers that all run, on one at a time, by turns. */
export async function compareServers(
  contestants: readonly HttpContestant[],
  { rounds, warmsUp, ...load }: HttpRoundsOptions,
): Promise<readonly HttpOutcome[]> {
  const loads = contestants.map(({ server, requests }) =>
    prepareLoad(server.port, [{ share: 1000, requests }]),
  )
  const rates = contestants.map(() => [] as number[])
  const usedUs = contestants.map(() => [] as number[])
  try {
    for (let round = warmsUp ? 0 : 1; round <= rounds; round += 1) {
      for (const [index, { name, server }] of contestants.entries()) {
        const pids = processTree(server.pid)
        const before = processorMs(pids)
        const result = await loads[index]?.run({ ...load, seconds: round === 0 ? 1 : load.seconds })
        if (result === undefined) continue
        const failed = result.refused + result.socketErrors + result.timeouts
        if (failed > 0) throw new Error(`${name}: ${failed} of ${result.requests} requests failed`)
        if (round === 0) continue
        rates[index]?.push(result.perSecond)
        usedUs[index]?.push(((processorMs(pids) - before) / result.requests) * 1000)
      }
    }
  } finally {
    for (const load of loads) load.end()
  }
  return contestants.map(({ name }, index) => ({
    name,
    rate: summarize(rates[index] ?? []),
    rates: rates[index] ?? [],
    processorUs: summarize(usedUs[index] ?? []).median,
  }))
}
