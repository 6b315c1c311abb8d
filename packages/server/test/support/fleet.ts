import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from './processes.ts'
import { type Service, startService } from './service.ts'

export const offsetsSeconds: readonly number[] = [-150, 0, 0, 180, 0]

/**
 * Services on five machines, whose clocks disagree, over one Redis, which the arguments name. The second to fifth have the first
 * one's key to the store and its credentials.
 */
export async function startFleet(...args: readonly string[]): Promise<readonly Service[]> {
  const services: Service[] = []
  for (const offsetSeconds of offsetsSeconds) {
    const directory = temporaryDirectory()
    const first = services[0]
    if (first !== undefined) {
      mkdirSync(join(directory, '.skewproof'))
      for (const name of ['store.key', 'credentials.json']) {
        cpSync(join(first.directory, '.skewproof', name), join(directory, '.skewproof', name))
      }
    }
    const all = ['--issuer', 'https://auth.example.test', '--rate-limit', '0', ...args]
    services.push(await startService({ directory, offsetSeconds, args: all }))
  }
  return services
}
