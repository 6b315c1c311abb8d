import process from 'node:process'
import { systemFile } from '../scripts/lib/system-packages.mjs'
import { run } from '../test/support/process.ts'
import { isAbandoned, mark, type Scope } from './scope.ts'

/** A network of its own for one server: one link to the load balancer, and one to the store, which can be cut. */
export interface PartitionedNetwork {
  /** Of the server, for the load balancer. */
  readonly address: string
  /** Of the store, for the server. */
  readonly storeAddress: string
  /** What to put before a program that runs there. */
  readonly enter: readonly string[]
  cut(): Promise<void>
  mend(): Promise<void>
}

/** RFC 2544 keeps these addresses for tests of networks. */
const net = `198.18.${process.pid % 256}`
const name = `${mark}${process.pid}`
const [frontLink, backLink] = [`sl${process.pid % 100_000}f`, `sl${process.pid % 100_000}b`]

function ip(...args: readonly string[]): Promise<string> {
  return run(systemFile('iproute2'), args, '/')
}

/** Removes what labs have left behind that were killed. */
export async function removeAbandonedNetworks(): Promise<void> {
  const names = (await ip('netns', 'list')).split('\n').map(line => line.split(' ')[0] ?? '')
  for (const name of names.filter(isAbandoned)) await ip('netns', 'del', name)
}

/** @throws Error where network namespaces cannot be made */
export async function startPartitionedNetwork(scope: Scope): Promise<PartitionedNetwork> {
  await removeAbandonedNetworks()
  let made: Promise<string> | undefined
  scope.onEnd(() =>
    made?.then(
      () => ip('netns', 'del', name),
      () => {},
    ),
  )
  made = ip('netns', 'add', name)
  await made
  for (const [link, first] of [
    [frontLink, 1],
    [backLink, 5],
  ] as const) {
    await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', link, 'netns', name)
    await ip('address', 'add', `${net}.${first}/30`, 'dev', link)
    await ip('link', 'set', link, 'up')
    await ip('-n', name, 'address', 'add', `${net}.${first + 1}/30`, 'dev', link)
    await ip('-n', name, 'link', 'set', link, 'up')
  }
  await ip('-n', name, 'link', 'set', 'lo', 'up')
  return {
    address: `${net}.2`,
    storeAddress: `${net}.5`,
    enter: [systemFile('iproute2'), 'netns', 'exec', name],
    cut: async () => void (await ip('link', 'set', backLink, 'down')),
    mend: async () => void (await ip('link', 'set', backLink, 'up')),
  }
}
