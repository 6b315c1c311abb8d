import { describe, expect, it } from 'vitest'
import { type Service, startService } from './support/service.ts'

const total = 10_000
const concurrency = 200

interface Ledger {
  readonly live: Set<string>
  readonly revoked: Set<string>
  /** Revocations that were sent and never answered: either outcome is right. */
  readonly undecided: Set<string>
}

/** Issues and revokes until the service is gone, and writes down what was acknowledged. */
async function work(service: Service, ledger: Ledger, basic: string, isOver: () => boolean): Promise<void> {
  const post = (path: string, json: object) => service.request('POST', path, basic, { json })
  for (let round = 0; round < total / concurrency && !isOver(); round += 1) {
    const issued = await post('/v1/tokens', { sub: `user ${round}` }).catch(() => undefined)
    if (issued?.status !== 200) return
    const { access_token: token, jti } = issued.body
    if (round % 2 === 0) {
      ledger.live.add(token)
      continue
    }
    ledger.undecided.add(token)
    const revoked = await post('/v1/revocations', { jti }).catch(() => undefined)
    if (revoked?.status !== 200) return
    ledger.undecided.delete(token)
    ledger.revoked.add(token)
  }
}

describe('a service that is killed in the middle of its work', () => {
  it('has kept every token and every revocation that it acknowledged', async () => {
    const first = await startService({ args: ['--rate-limit', '0', '--log-level', 'silent'] })
    const ledger: Ledger = { live: new Set(), revoked: new Set(), undecided: new Set() }
    const { basic } = first
    let isOver = false
    const workers = Array.from({ length: concurrency }, () => work(first, ledger, basic, () => isOver))
    const killed = (async () => {
      while (ledger.live.size + ledger.revoked.size < total / 2)
        await new Promise(resolve => setTimeout(resolve, 5))
      await first.stop('SIGKILL')
      isOver = true
    })()
    await Promise.all([killed, ...workers])
    expect(ledger.live.size + ledger.revoked.size).toBeLessThan(total)

    const second = await startService({
      directory: first.directory,
      port: Number(new URL(first.url).port),
      args: ['--rate-limit', '0'],
    })
    const statusOf = async (token: string) => (await second.forwardAuth(token)).status
    const wrong: string[] = []
    const expectAll = (tokens: Iterable<string>, status: number) =>
      Promise.all(
        [...tokens].map(async token => (await statusOf(token)) === status || wrong.push(`${status}`)),
      )
    await expectAll(ledger.live, 200)
    await expectAll(ledger.revoked, 401)
    expect(wrong).toEqual([])
  })
})
