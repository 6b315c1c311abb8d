import { describe, expect, it } from 'vitest'
import { eventually } from './support/processes.ts'
import { type Service, startService } from './support/service.ts'

const concurrency = 250
const roundsPerWorker = 40
/** How many of 10,000 are acknowledged when the service is killed: half, and few after it was started again. */
const acknowledgedBeforeKill = [5000, 500]

class Ledger {
  /** Tokens whose issue was acknowledged, and that nobody wanted to revoke. */
  readonly live: string[] = []
  readonly revoked: string[] = []
  /** Revocations that were sent and never answered: either outcome is right. */
  readonly undecided = new Set<string>()

  get acknowledged(): number {
    return this.live.length + this.revoked.length
  }
}

/** Issues and revokes until the service is gone, and writes down what was acknowledged. */
async function work(service: Service, ledger: Ledger, basic: string): Promise<void> {
  const post = async (path: string, json: object) => {
    const answer = await service.request('POST', path, basic, { json }).catch(() => undefined)
    if (answer !== undefined) expect(answer.status).toBe(200)
    return answer
  }
  for (let round = 0; round < roundsPerWorker; round += 1) {
    const issued = await post('/v1/tokens', { sub: `user ${round}` })
    if (issued === undefined) return
    const { access_token: token, jti } = issued.body
    if (round % 2 === 0) {
      ledger.live.push(token)
      continue
    }
    ledger.undecided.add(token)
    if ((await post('/v1/revocations', { jti })) === undefined) return
    ledger.undecided.delete(token)
    ledger.revoked.push(token)
  }
}

/** What the service says of many tokens, each outcome once. */
async function outcomes(service: Service, tokens: Iterable<string>): Promise<readonly string[]> {
  const waiting = [...tokens]
  const seen = new Set<string>()
  const ask = async (): Promise<void> => {
    for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
      const { status, body } = await service.forwardAuth(token)
      seen.add(status === 200 ? 'live' : body.code)
    }
  }
  await Promise.all(Array.from({ length: 32 }, ask))
  return [...seen]
}

describe('a service that is killed in the middle of 10,000 issues and revocations', () => {
  it('has kept all that it acknowledged, also when it is killed again', async () => {
    const ledger = new Ledger()
    const args = ['--rate-limit', '0', '--log-level', 'silent']
    let service = await startService({ args })
    const { basic, directory } = service
    const port = Number(new URL(service.url).port)

    for (const count of acknowledgedBeforeKill) {
      const enough = ledger.acknowledged + count
      const workers = Array.from({ length: concurrency }, () => work(service, ledger, basic))
      await eventually(async () => expect(ledger.acknowledged).toBeGreaterThan(enough), 120_000)
      await service.stop('SIGKILL')
      await Promise.all(workers)
      expect(ledger.acknowledged - enough).toBeLessThan(concurrency * roundsPerWorker - count)

      service = await startService({ directory, port, args })
    }
    expect(await outcomes(service, ledger.live)).toEqual(['live'])
    expect(await outcomes(service, ledger.revoked)).toEqual(['ERR_TOKEN_REVOKED'])
    expect(['live', 'ERR_TOKEN_REVOKED']).toEqual(
      expect.arrayContaining([...(await outcomes(service, ledger.undecided))]),
    )
  }, 180_000)

  it('leaves no process behind when it had several', async () => {
    const args = ['--workers', '2']
    const service = await startService({ args })
    const { access_token: token } = (await service.issue({ sub: 'alice' })).body
    const workers = await eventually(async () => {
      const pids = new Set([...service.output.matchAll(/"pid":(\d+)/g)].map(match => Number(match[1])))
      expect(pids.size).toBe(2)
      return [...pids]
    })
    await service.stop('SIGKILL')
    for (const pid of workers) {
      await eventually(async () => expect(() => process.kill(pid, 0)).toThrow('ESRCH'))
    }
    const port = Number(new URL(service.url).port)
    const again = await startService({ directory: service.directory, port, args })
    expect((await again.forwardAuth(token)).status).toBe(200)
  })
})
