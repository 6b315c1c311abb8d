import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { systemFile } from '../../../scripts/lib/system-packages.mjs'
import { eventually, temporaryDirectory } from '../../../test/support/processes.ts'
import { type NetworkSide, startSplitNetwork } from '../../../test/support/split-network.ts'
import { encryptionKey } from './redis/open.ts'
import { type TokenAnswer, TokenProcess } from './redis/token-process.ts'

vi.setConfig({ testTimeout: 300_000 })

const maxStalenessMs = 1000
const [port, sentinelPort] = [6379, 26_379]

function redis(side: NetworkSide, number: number, ...args: readonly string[]): void {
  const directory = temporaryDirectory()
  const own = ['--port', String(port + number), '--protected-mode', 'no', '--save', '', '--dir', directory]
  const replication = ['--repl-diskless-sync-delay', '0', '--repl-timeout', '5']
  side.start(systemFile('redis-server'), [...own, ...replication, ...args], { cwd: directory })
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
  side.start(systemFile('redis-server'), [file, '--sentinel'], { cwd: directory })
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

it('refuses on the side of a minority to say anything, and loses nothing that a majority was told', async () => {
  const network = await startSplitNetwork()
  const { left, right } = network
  redis(left, 0)
  for (const number of [1, 2]) redis(right, number, '--replicaof', left.address, String(port))
  await eventually(async () => {
    expect(await cli(left, port, 'INFO', 'replication')).toMatch(
      /connected_slaves:2(.|\s)*state=online(.|\s)*state=online/,
    )
  })
  const nodes = [0, 1, 2].map(number => sentinel(right, number, left.address))
  await eventually(async () => {
    for (const number of [0, 1, 2]) {
      const known = await cli(right, sentinelPort + number, 'SENTINEL', 'MASTER', 'main')
      expect(known).toMatch(/num-slaves\s+2\s+num-other-sentinels\s+2/)
    }
  })
  const options = { sentinel: { name: 'main', nodes }, maxStaleness: maxStalenessMs / 1000 }
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
  const isOwnPrimary = async () =>
    expect(await cli(right, sentinelPort, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'main')).toContain(
      right.address,
    )
  await eventually(isOwnPrimary, 60_000)
  const revoked = await succeed(majority, 'revoke', old.jti)
  const revokedAtMs = performance.now()
  expect(revoked).toEqual({ revoked: true, durability: 'replicated' })
  const young = await succeed(majority, 'issue', 'bob')
  await sleep(2 * maxStalenessMs)
  // Its primary has never heard of the token, and says so: that is no reason to log anybody out.
  expect((await minority.call('verify', young.access_token)).code).toBe('ERR_STORE_UNAVAILABLE')
  expect((await minority.call('issue', 'carol')).code).toBe('ERR_STORE_UNAVAILABLE')
  // Without replicas that it insists on, nobody can tell it that its primary is alone.
  expect(await trusting.call('verify', old.access_token)).toEqual({ value: 'alice' })
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
})
