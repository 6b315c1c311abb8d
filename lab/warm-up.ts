import { setTimeout as sleep } from 'node:timers/promises'
import type { PolicyName, Scenario } from 'skewproof/simulator'
import type { ClockReport } from './diagnosis.ts'
import { urlOf } from './events.ts'
import type { LabFleet, LabServer } from './fleet.ts'
import type { Family } from './outcomes.ts'

const rounds = 2

/**
 * Has every server do everything a few times, so that no policy pays for what is compiled first. It also makes the keys that
 * the servers share.
 */
export async function warmUp({ policies, issuer }: Scenario, { servers }: LabFleet): Promise<void> {
  const families: readonly Family[] = issuer === undefined ? ['plain', 'textbook', 'auto'] : ['plain']
  const warm = async (server: LabServer) => {
    for (let round = 0; round < rounds; round += 1) {
      for (const family of families) await useOnce(server, family, policies)
    }
  }
  await Promise.all(servers.map(warm))
  await readiness(servers)
}

/** Longer than a fleet needs to make up its mind; in a story that leaves it undecided, all go on as they are. */
const readyWithinMs = 15_000

/** Who alone knows the time has nobody to compare it with: when all others are ready, it is given a heartbeat or two. */
const lastWithinMs = 2500

const pauseMs = 100

/** As a load balancer does, the lab sends nobody to a server that has not compared its clock with the others' yet. */
async function readiness(servers: readonly LabServer[]): Promise<void> {
  let deadlineMs = performance.now() + readyWithinMs
  while (performance.now() < deadlineMs) {
    const ready = await Promise.all(servers.map(isReady))
    const missing = ready.filter(one => !one).length
    if (missing === 0) return
    if (missing === 1) deadlineMs = Math.min(deadlineMs, performance.now() + lastWithinMs)
    await sleep(pauseMs)
  }
}

async function isReady(server: LabServer): Promise<boolean> {
  const clock = (await send(urlOf(server, '/lab/clock'), {})) as ClockReport | undefined
  return clock?.sources.some(({ name, status }) => name === 'fleet' && status === 'selected') === true
}

async function useOnce(server: LabServer, family: Family, policies: readonly PolicyName[]): Promise<void> {
  const issued = await send(urlOf(server, `/${family}/login`), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ lifetimeSeconds: 60, notBefore: false }),
  })
  const { token = '' } = (issued ?? {}) as { token?: string }
  const own = policies.filter(name => family === (name === 'textbook' || name === 'auto' ? name : 'plain'))
  for (const name of own) {
    await send(urlOf(server, `/${name}/me`), { headers: { authorization: `Bearer ${token}` } })
  }
}

/** What fails here is seen by the traffic. */
async function send(url: string, request: RequestInit): Promise<unknown> {
  try {
    const answer = await fetch(url, request)
    return await answer.json()
  } catch {
    return undefined
  }
}
