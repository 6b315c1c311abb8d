import { expect } from 'vitest'
import { eventually } from './processes.ts'
import type { Service } from './service.ts'

interface IssuedToken {
  readonly token: string
  readonly jti: string
  /** Somebody may have asked for its revocation, with or without success. */
  isDoubtful: boolean
  /** When its revocation was acknowledged. */
  revokedAtMs: number | undefined
}

type Action = 'issue' | 'verify' | 'revoke'

/** Issues, verifies and revokes at all services at once, and notes each answer that should not have been. */
export class Load {
  readonly violations: string[] = []
  readonly #services: readonly Service[]
  readonly #maxStalenessMs: number
  readonly #tokens: IssuedToken[] = []
  /** Whether the last answer to an action at a service was 503. */
  readonly #wasUnavailable = new Map<string, boolean>()
  readonly #workers: Promise<void>[]
  #revocations = 0
  #stopped = false

  private constructor(services: readonly Service[], maxStalenessMs: number) {
    this.#services = services
    this.#maxStalenessMs = maxStalenessMs
    this.#workers = services.flatMap(service => [this.#verifyAll(service), this.#issueAndRevoke(service)])
  }

  static async start(services: readonly Service[], maxStalenessMs: number): Promise<Load> {
    const load = new Load(services, maxStalenessMs)
    await load.untilRevoked(1)
    return load
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#workers)
  }

  /** Every service has answered 503 to this. */
  async untilUnavailable(action: Action = 'verify'): Promise<void> {
    await this.#untilAll(action, true)
  }

  /** Every service answers again, without having been started anew. */
  async untilAvailable(): Promise<void> {
    for (const action of ['issue', 'verify', 'revoke'] as const) await this.#untilAll(action, false)
  }

  /** So many revocations more have been acknowledged. */
  async untilRevoked(count: number): Promise<void> {
    const goal = this.#revocations + count
    await eventually(async () => expect(this.#revocations).toBeGreaterThanOrEqual(goal), 120_000)
  }

  /** Everything that was acknowledged to be revoked is refused everywhere, and nothing else. */
  async checkAll(): Promise<void> {
    await Promise.all(this.#services.map(service => this.#checkAt(service)))
  }

  async #checkAt(service: Service): Promise<void> {
    for (const { token, isDoubtful, revokedAtMs } of this.#tokens) {
      await eventually(async () => {
        const { status } = await service.forwardAuth(token)
        // On a busy machine it may have to ask again.
        expect(status).not.toBe(503)
        if (revokedAtMs !== undefined) expect(status).toBe(401)
        else if (!isDoubtful) expect(status).toBe(200)
      })
    }
  }

  async #untilAll(action: Action, isUnavailable: boolean): Promise<void> {
    this.#wasUnavailable.clear()
    await eventually(async () => {
      for (const { url } of this.#services)
        expect(this.#wasUnavailable.get(`${action} ${url}`)).toBe(isUnavailable)
    }, 120_000)
  }

  /** By turns one of all tokens and one that was revoked a moment ago, where an answer is most likely to be wrong. */
  async #verifyAll(service: Service): Promise<void> {
    for (let number = 0; !this.#stopped; number += 1) {
      const lately = number % 2 === 0 ? this.#revokedLately() : []
      const tokens = lately.length > 0 ? lately : this.#tokens
      const token = tokens[Math.floor(number / 2) % Math.max(1, tokens.length)]
      if (token !== undefined) await this.#verify(service, token)
      await pause(20)
    }
  }

  #revokedLately(): readonly IssuedToken[] {
    const sinceMs = performance.now() - 2 * this.#maxStalenessMs
    return this.#tokens.filter(({ revokedAtMs = 0 }) => revokedAtMs > sinceMs)
  }

  async #verify(service: Service, token: IssuedToken): Promise<void> {
    const askedAtMs = performance.now()
    const { status, body } = await service.forwardAuth(token.token)
    this.#wasUnavailable.set(`verify ${service.url}`, status === 503)
    const { revokedAtMs, isDoubtful } = token
    if (status === 200 && revokedAtMs !== undefined && askedAtMs > revokedAtMs + this.#maxStalenessMs) {
      const lateMs = Math.round(askedAtMs - revokedAtMs)
      this.violations.push(`${service.url} accepted ${token.jti} ${lateMs} ms after its revocation`)
    }
    if (status === 401 && !isDoubtful) {
      this.violations.push(`${service.url} refused ${token.jti}: ${JSON.stringify(body)}`)
    }
    if (![200, 401, 503].includes(status)) this.violations.push(`${service.url} answered ${status}`)
  }

  async #issueAndRevoke(service: Service): Promise<void> {
    for (let number = 0; !this.#stopped; number += 1) {
      const { status, body } = await service.issue({ sub: `user ${number % 7}` })
      this.#wasUnavailable.set(`issue ${service.url}`, status === 503)
      if (status === 200) {
        this.#tokens.push({
          token: body.access_token,
          jti: body.jti,
          isDoubtful: false,
          revokedAtMs: undefined,
        })
      } else if (status !== 503) this.violations.push(`${service.url} answered ${status} to issue`)
      if (number % 2 === 1 || status === 503) await this.#revokeOne(service)
      await pause(100)
    }
  }

  async #revokeOne(service: Service): Promise<void> {
    const token = this.#tokens.find(candidate => !candidate.isDoubtful)
    if (token === undefined) return
    token.isDoubtful = true
    const { status } = await service.revoke({ jti: token.jti })
    this.#wasUnavailable.set(`revoke ${service.url}`, status === 503)
    if (status === 200) {
      token.revokedAtMs = performance.now()
      this.#revocations += 1
    } else if (status !== 503) this.violations.push(`${service.url} answered ${status} to revoke`)
  }
}

/** Something bad, and how it is done, up to where all could be well again. */
export type Fault = readonly [name: string, inflict: (load: Load) => Promise<void>]

/** After each fault all services go on by themselves, and none has given an answer that should not have been. */
export async function suffer(load: Load, faults: readonly Fault[]): Promise<void> {
  for (const [name, inflict] of faults) {
    await inflict(load)
    await load.untilAvailable()
    await load.untilRevoked(2)
    expect(load.violations, name).toEqual([])
  }
  await load.stop()
  expect(load.violations).toEqual([])
  await load.checkAll()
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
