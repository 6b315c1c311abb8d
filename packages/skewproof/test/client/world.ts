import type { Device } from '../../src/client/device.ts'

interface Timer {
  readonly atMs: number
  readonly callback: () => void
}

/** A device whose clocks do what a test says. True time runs with `advance` and `sleep`. */
export class ManualDevice implements Device {
  trueMs: number = Date.UTC(2026, 10, 23, 12)
  skewMs = 0
  #monotonicMs = 1000
  #timers = new Set<Timer>()

  wallMs(): number {
    return this.trueMs + this.skewMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer = { atMs: this.#monotonicMs + delayMs, callback }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise(resolve => this.setTimer(resolve, delayMs))
  }

  get timers(): number {
    return this.#timers.size
  }

  /** Lets time pass, and what is due happen at its time. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms
    for (;;) {
      const [next] = [...this.#timers].filter(timer => timer.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)
      this.#pass(Math.max(0, (next?.atMs ?? endMs) - this.#monotonicMs))
      if (next === undefined) break
      this.#timers.delete(next)
      next.callback()
      await settle()
    }
    await settle()
  }

  /** The lid is closed: the monotonic clock and the timers stand still, the device's clock does not. */
  closeLid(ms: number): void {
    this.trueMs += ms
  }

  #pass(ms: number): void {
    this.#monotonicMs += ms
    this.trueMs += ms
  }
}

/** Lets everything happen that waits for nothing. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve))
}

export const tokenUrl = 'https://auth.example.com/oauth2/token'
export const apiUrl = 'https://auth.example.com/api'

const graceMs = 30_000

/**
 * A token service and an API in one, whose clock is right, and the network to them. It rotates refresh tokens as the service does:
 * within 30 s the one before gets the same successor; after that it ends the session.
 */
export class World {
  readonly device: ManualDevice = new ManualDevice()
  lifetimeSeconds = 600
  /** Every request that reached the server: what for, and the token that it carried. */
  readonly log: string[] = []
  isCut = false
  /** Answers that are lost on their way back. */
  losing = 0
  /** What the token endpoint answers instead, when that is not `undefined`. */
  tokenAnswer: (() => Response) | undefined
  apiAnswer: ((request: Request) => Response) | undefined
  #generation = 0
  #rotatedMs = Number.NEGATIVE_INFINITY
  #isEnded = false
  #issued = 0
  #expiresMs = new Map<string, number>()

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, { ...init, ...(init?.body !== undefined && { duplex: 'half' }) })
    if (request.signal.aborted) throw request.signal.reason
    if (this.isCut) throw new TypeError('fetch failed')
    const answer = request.url === tokenUrl ? await this.#refresh(request) : await this.#serve(request)
    if (this.losing > 0) {
      this.losing -= 1
      throw new TypeError('fetch failed')
    }
    answer.headers.set('x-server-time', new Date(this.device.trueMs).toISOString())
    return answer
  }

  /** What a login answers. */
  signIn(): { access_token: string; token_type: string; expires_in: number; refresh_token: string } {
    this.#generation = 0
    this.#isEnded = false
    return this.#issue()
  }

  /** Ends the session on the server. */
  revoke(): void {
    this.#isEnded = true
    this.#expiresMs.clear()
  }

  /** Refuses all access tokens there are. */
  forgetTokens(): void {
    this.#expiresMs.clear()
  }

  get generation(): number {
    return this.#generation
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  count(what: string): number {
    return this.log.filter(line => line.startsWith(what)).length
  }

  #issue(): { access_token: string; token_type: string; expires_in: number; refresh_token: string } {
    this.#issued += 1
    const token = `t${this.#issued}`
    this.#expiresMs.set(token, this.device.trueMs + this.lifetimeSeconds * 1000)
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: this.lifetimeSeconds,
      refresh_token: `r${this.#generation}`,
    }
  }

  async #refresh(request: Request): Promise<Response> {
    const form = new URLSearchParams(await request.text())
    this.log.push(`refresh ${form.get('refresh_token') ?? request.headers.get('authorization')}`)
    if (this.tokenAnswer !== undefined) return this.tokenAnswer()
    if (form.get('grant_type') === 'client_credentials') {
      const { refresh_token: _, ...answer } = this.#issue()
      return Response.json(answer)
    }
    const presented = Number(form.get('refresh_token')?.slice(1))
    const isLate = presented === this.#generation - 1 && this.device.trueMs - this.#rotatedMs <= graceMs
    if (this.#isEnded || (presented !== this.#generation && !isLate)) {
      this.revoke()
      return Response.json({ error: 'invalid_grant' }, { status: 400 })
    }
    if (!isLate) {
      this.#generation += 1
      this.#rotatedMs = this.device.trueMs
    }
    return Response.json(this.#issue())
  }

  async #serve(request: Request): Promise<Response> {
    const token = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
    const body = request.body === null ? '' : ` ${await request.text()}`
    this.log.push(`${request.method} ${request.url} ${token}${body}`)
    if (this.apiAnswer !== undefined) return this.apiAnswer(request)
    const expiresMs = token === undefined ? undefined : this.#expiresMs.get(token)
    if (expiresMs !== undefined && this.device.trueMs < expiresMs) return new Response('good')
    const reason = token === undefined ? '' : ', error="invalid_token"'
    return new Response('refused', {
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="r"${reason}` },
    })
  }
}
