import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually, temporaryDirectory } from '../../../test/support/processes.ts'
import { redisProgram } from '../../../test/support/redis-server.ts'
import {
  type NetworkSide,
  type SplitNetwork,
  startSplitNetwork,
} from '../../../test/support/split-network.ts'
import type { RedisStoreOptions } from '../src/stores/redis/index.ts'
import { encryptionKey } from './redis/open.ts'
import { type TokenAnswer, TokenProcess } from './redis/token-process.ts'

vi.setConfig({ testTimeout: 300_000 })

const maxStalenessMs = 1000
const [port, sentinelPort] = [6379, 26_379]

/** A Redis whose primary is on the left, and how it is reached. */
interface Place {
  readonly options: Pick<RedisStoreOptions, 'sentinel' | 'cluster'>
  /** What a process on the left is told that insists on no replicas, long after the cut. */
  readonly trustingSays: TokenAnswer
  /** Throws until a server on the right is the primary, and has a replica. */
  readonly expectTakenOver: () => Promise<void>
}

function redis(side: NetworkSide, number: number, ...args: readonly string[]): void {
  const directory = temporaryDirectory()
  const own = ['--port', String(port + number), '--protected-mode', 'no', '--save', '', '--dir', directory]
  const replication = ['--repl-diskless-sync-delay', '0', '--repl-timeout', '5']
  side.start(redisProgram(), [...own, ...replication, ...args], { cwd: directory })
}

function sentinel(side: NetworkSide, number: number, primary: string): string {
  const directory = temporaryDirectory()
  const file = join(directory, 'sentinel.conf')
  const own = sentinelPort + number
  const lines = [`port ${own}`, 'protected-mode no', `dir ${directory}`]
  const watch = [
    `monitor main ${primary} ${port} 2`,
    'down-after-milliseconds main 2000',
    'failover-timeout main 10000',
  ]
  writeFileSync(file, `${[...lines, ...watch.map(line => `sentinel ${line}`)].join('\n')}\n`)
  side.start(redisProgram(), [file, '--sentinel'], { cwd: directory })
  return `${side.address}:${own}`
}

async function cli(side: NetworkSide, ownPort: number, ...command: readonly string[]): Promise<string> {
  return (await side.run('redis-cli', ['-p', String(ownPort), ...command])).trim()
}

/** Asks again and again, and notes when what was asked, and what was answered. */
function watch(process: TokenProcess, token: string): { askedAtMs: number; answer: TokenAnswer }[] {
  const seen: { askedAtMs: number; answer: TokenAnswer }[] = []
  let watching = true
  onTestFinished(() => {
    watching = false
  })
  const ask = async (): Promise<void> => {
    while (watching) {
      const askedAtMs = performance.now()
      seen.push({ askedAtMs, answer: await process.call('verify', token) })
      await sleep(20)
    }
  }
  void ask()
  return seen
}

/** A primary on the left, two replicas and three Sentinels on the right. */
async function startSentinels({ left, right }: SplitNetwork): Promise<Place> {
  redis(left, 0)
  for (const number of [1, 2]) redis(right, number, '--replicaof', left.address, String(port))
  await eventually(() => hasReplicas(left, port))
  const nodes = [0, 1, 2].map(number => sentinel(right, number, left.address))
  await eventually(async () => {
    for (const number of [0, 1, 2]) {
      const known = await cli(right, sentinelPort + number, 'SENTINEL', 'MASTER', 'main')
      expect(known).toMatch(/num-slaves\s+2\s+num-other-sentinels\s+2/)
    }
  })
  return {
    options: { sentinel: { name: 'main', nodes } },
    // Without replicas that it insists on, nobody can tell it that its primary is alone.
    trustingSays: { value: 'alice' },
    expectTakenOver: async () => {
      expect(await cli(right, sentinelPort, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'main')).toContain(
        right.address,
      )
      await expectPrimaryAmong(right, [1, 2])
    },
  }
}

/** On the left the primary of all that is stored; on the right its two replicas, and the two others that have a vote. */
async function startCluster({ left, right }: SplitNetwork): Promise<Place> {
  const settings = [
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    '3000',
    '--cluster-require-full-coverage',
    'no',
    // Or the replica that is left may go to one of the others, which have none.
    '--cluster-allow-replica-migration',
    'no',
  ]
  const sides = [left, right, right, right, right]
  const ask = (number: number, ...command: readonly string[]) =>
    cli(sides[number] ?? right, port + number, ...command)
  for (const [number, side] of sides.entries()) redis(side, number, ...settings)
  for (const [number] of sides.entries())
    await eventually(async () => expect(await ask(number, 'PING')).toBe('PONG'))
  for (const number of [1, 2, 3, 4]) await ask(0, 'CLUSTER', 'MEET', right.address, String(port + number))
  for (const [number, slots] of [
    ['0', '16381'],
    ['16382', '16382'],
    ['16383', '16383'],
  ].entries())
    await ask(number, 'CLUSTER', 'ADDSLOTSRANGE', ...slots)
  const primary = await ask(0, 'CLUSTER', 'MYID')
  for (const number of [3, 4])
    await eventually(async () => expect(await ask(number, 'CLUSTER', 'REPLICATE', primary)).toBe('OK'))
  await eventually(async () => {
    for (const [number] of sides.entries())
      expect(await ask(number, 'CLUSTER', 'INFO')).toMatch(
        /cluster_state:ok[\s\S]*known_nodes:5\s+cluster_size:3/,
      )
    await hasReplicas(left, port)
  }, 60_000)
  return {
    options: { cluster: { nodes: sides.map(({ address }, number) => `${address}:${port + number}`) } },
    // It has lost most of the others, and stops answering by itself.
    trustingSays: { code: 'ERR_STORE_UNAVAILABLE' },
    expectTakenOver: () => expectPrimaryAmong(right, [3, 4]),
  }
}

async function expectPrimaryAmong(side: NetworkSide, numbers: readonly number[]): Promise<void> {
  const told = await Promise.all(numbers.map(number => cli(side, port + number, 'INFO', 'replication')))
  expect(told.filter(text => /role:master(.|\s)*state=online/.test(text))).toHaveLength(1)
}

async function hasReplicas(side: NetworkSide, ownPort: number): Promise<void> {
  expect(await cli(side, ownPort, 'INFO', 'replication')).toMatch(
    /connected_slaves:2(.|\s)*state=online(.|\s)*state=online/,
  )
}

it.each([
  ['Sentinels', startSentinels],
  ['a cluster', startCluster],
] as const)(
  'with %s refuses on the side of a minority to say anything, and loses nothing that a majority was told',
  async (_, start) => {
    const network = await startSplitNetwork()
    const { left, right } = network
    const place = await start(network)
    const options = { ...place.options, maxStaleness: maxStalenessMs / 1000 }
    const minority = new TokenProcess(left.enter, { ...options, replicas: 1 }, encryptionKey)
    const trusting = new TokenProcess(left.enter, options, encryptionKey)
    const majority = new TokenProcess(right.enter, { ...options, replicas: 1 }, encryptionKey)
    const succeed = async (process: TokenProcess, ...call: Parameters<TokenProcess['call']>) =>
      eventually(async () => {
        const { value, code } = await process.call(...call)
        expect(code).toBeUndefined()
        return value
      }, 60_000)
    const old = await succeed(majority, 'issue', 'alice')
    for (const process of [minority, trusting, majority])
      expect(await succeed(process, 'verify', old.access_token)).toBe('alice')

    await network.cut()
    const [seen, seenByTrusting] = [watch(minority, old.access_token), watch(trusting, old.access_token)]
    await eventually(place.expectTakenOver, 60_000)
    const revoked = await succeed(majority, 'revoke', old.jti)
    const revokedAtMs = performance.now()
    expect(revoked).toEqual({ revoked: true, durability: 'replicated' })
    const young = await succeed(majority, 'issue', 'bob')
    await sleep(2 * maxStalenessMs)
    // Its primary has never heard of the token, and says so: that is no reason to log anybody out.
    expect((await minority.call('verify', young.access_token)).code).toBe('ERR_STORE_UNAVAILABLE')
    expect((await minority.call('issue', 'carol')).code).toBe('ERR_STORE_UNAVAILABLE')
    expect(await trusting.call('verify', old.access_token)).toEqual(place.trustingSays)
    expect(seenByTrusting.length).toBeGreaterThan(0)

    await network.mend()
    for (const process of [minority, trusting]) {
      await eventually(async () => {
        expect((await process.call('verify', old.access_token)).code).toBe('ERR_TOKEN_REVOKED')
        expect((await process.call('verify', young.access_token)).value).toBe('bob')
      }, 60_000)
    }
    const late = seen.filter(({ askedAtMs }) => askedAtMs > revokedAtMs + maxStalenessMs)
    expect(late.length).toBeGreaterThan(0)
    expect(late.filter(({ answer }) => answer.value !== undefined)).toEqual([])
    const codes = new Set(seen.map(({ answer }) => answer.code))
    codes.delete(undefined)
    expect([...codes].sort()).toEqual(['ERR_STORE_UNAVAILABLE', 'ERR_TOKEN_REVOKED'])
  },
)
