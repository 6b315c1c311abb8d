import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FleetNode } from 'skewproof/fleet'
import { expect } from 'vitest'
import { eventually, temporaryDirectory } from './processes.ts'
import { type Service, startService } from './service.ts'

export const offsetsSeconds: readonly number[] = [-150, 0, 0, 180, 0]

/**
 * Services on five machines, whose clocks disagree, over one Redis, which the arguments name. The second to fifth have the first
 * one's key to the store and its credentials. Without other arguments none has a time source.
 */
export async function startFleet(...args: readonly string[]): Promise<readonly Service[]> {
  return startServices(offsetsSeconds, () => args)
}

/** The same on machines whose clocks are right. */
export async function startRightFleet(
  count: number,
  ...args: readonly string[]
): Promise<readonly Service[]> {
  return startServices(Array<number>(count).fill(0), () => args)
}

/** The same, where those that are right trust their wall clocks, so that all know UTC through the store. */
export async function startFleetWithUtc(...args: readonly string[]): Promise<readonly Service[]> {
  return startServices(offsetsSeconds, (name, offsetSeconds) => [
    ...args,
    ...['--node', name],
    ...(offsetSeconds === 0 ? ['--source', 'system'] : []),
  ])
}

/**
 * Every service sees every other's heartbeats and the same view, takes traffic, and knows the time within what it says. None
 * was drained at any time.
 */
export async function expectWholeFleet(services: readonly Service[]): Promise<void> {
  for (const service of services) {
    await eventually(async () => {
      const { status, body } = await service.request('GET', '/v1/fleet')
      expect(status).toBe(200)
      expect(body.view).toMatchObject({ kind: 'utc', outvoted: [], alarm: null })
      expect(body.nodes.map((node: FleetNode) => `${node.host} ${node.standing}`)).toEqual(
        offsetsSeconds.map(
          (offset, index) => `web-${index + 1} ${offset === 0 ? 'agreeing' : 'without-utc'}`,
        ),
      )
      const drained = body.nodes.flatMap(({ happenings }: FleetNode) => happenings)
      expect(drained.filter(({ kind }: { kind: string }) => kind === 'readiness')).toEqual([])
      expect((await service.request('GET', '/ready')).status).toBe(200)
      const before = Date.now()
      const { sentAtMs, errorMs, status: clock } = (await service.request('GET', '/clock')).body
      const after = Date.now()
      expect(clock).toBe('synchronized')
      expect(sentAtMs + errorMs).toBeGreaterThanOrEqual(before)
      expect(sentAtMs - errorMs).toBeLessThanOrEqual(after + 1)
    }, 120_000)
  }
}

async function startServices(
  offsetsSeconds: readonly number[],
  argsOf: (name: string, offsetSeconds: number) => readonly string[],
): Promise<readonly Service[]> {
  const services: Service[] = []
  for (const [index, offsetSeconds] of offsetsSeconds.entries()) {
    const directory = temporaryDirectory()
    const first = services[0]
    if (first !== undefined) {
      mkdirSync(join(directory, '.skewproof'))
      for (const name of ['store.key', 'credentials.json']) {
        cpSync(join(first.directory, '.skewproof', name), join(directory, '.skewproof', name))
      }
    }
    const all = [
      '--issuer',
      'https://auth.example.test',
      '--rate-limit',
      '0',
      ...argsOf(`web-${index + 1}`, offsetSeconds),
    ]
    services.push(await startService({ directory, offsetSeconds, args: all }))
  }
  return services
}
