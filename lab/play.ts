import { setTimeout as sleep } from 'node:timers/promises'
import { type PolicyName, Random, type Scenario, type TrafficEvent, trafficOf } from 'skewproof/simulator'
import { type HeldToken, Outcomes, type PolicyObservation } from './outcomes.ts'
import { type Reply, Requests } from './requests.ts'

/** Whose token it is: what is only signed, what is recorded too, and Skewproof's. */
export type Family = 'plain' | 'textbook' | 'auto'

interface Client {
  readonly tokens: Partial<Record<Family, HeldToken>>
}

/** Plays a scenario's traffic in real time, as it is planned, whether or not answers are late. */
export async function playTraffic(
  scenario: Scenario,
  url: string,
  onProgress: (passedSeconds: number) => void,
): Promise<readonly PolicyObservation[]> {
  const player = new Player(scenario, url)
  const startMs = performance.now()
  const timer = setInterval(() => onProgress((performance.now() - startMs) / 1000), 250)
  try {
    for (const event of trafficOf(scenario, new Random(scenario.seed))) {
      const waitMs = startMs + event.atMs - performance.now()
      if (waitMs > 0) await sleep(waitMs)
      player.play(event)
    }
    await sleep(Math.max(0, startMs + scenario.durationSeconds * 1000 - performance.now()))
    return await player.finish()
  } finally {
    clearInterval(timer)
  }
}

class Player {
  readonly #scenario: Scenario
  readonly #requests: Requests
  readonly #clients = new Map<number, Client>()
  readonly #outcomes: ReadonlyMap<PolicyName, Outcomes>
  readonly #pending = new Set<Promise<void>>()

  constructor(scenario: Scenario, url: string) {
    this.#scenario = scenario
    this.#requests = new Requests(url)
    this.#outcomes = new Map(scenario.policies.map(name => [name, new Outcomes(name)]))
  }

  play(event: TrafficEvent): void {
    const done = this.#do(event).finally(() => this.#pending.delete(done))
    this.#pending.add(done)
  }

  async finish(): Promise<readonly PolicyObservation[]> {
    await Promise.all(this.#pending)
    this.#requests.close()
    return [...this.#outcomes.values()].map(outcomes => outcomes.observation())
  }

  async #do(event: TrafficEvent): Promise<void> {
    if (event.kind === 'login') return this.#login(event)
    const client = this.#clients.get(event.client)
    if (client === undefined) return
    if (event.kind === 'use') await this.#use(client)
    else if (event.kind === 'revoke') await this.#revoke(client)
    else this.#clients.delete(event.client)
  }

  async #login({ client, token }: TrafficEvent): Promise<void> {
    const families: readonly Family[] =
      this.#scenario.issuer === undefined ? ['plain', 'textbook', 'auto'] : ['plain']
    const tokens: Partial<Record<Family, HeldToken>> = {}
    this.#clients.set(client, { tokens })
    await Promise.all(
      families.map(async family => {
        const reply = await this.#requests.post(`/${family}/login`, token)
        if (reply.status === 200) tokens[family] = heldToken(reply)
      }),
    )
  }

  async #use({ tokens }: Client): Promise<void> {
    await Promise.all(
      [...this.#outcomes].map(async ([name, outcomes]) => {
        const token = tokens[this.#familyOf(name)]
        if (token === undefined) return
        outcomes.add(await this.#requests.get(`/${name}/me`, token.token), token)
      }),
    )
  }

  async #revoke({ tokens }: Client): Promise<void> {
    const askedAtMs = performance.now()
    await Promise.all(
      Object.entries(tokens).map(async ([family, token]) => {
        token.revokeAskedAtMs = askedAtMs
        // What is signed and nothing else cannot be revoked: the client forgets it, and a thief does not.
        if (family === 'plain') token.revokedAtMs = askedAtMs
        else {
          const { status, receivedAtMs } = await this.#requests.post(`/${family}/logout`, { jti: token.jti })
          if (status === 200) token.revokedAtMs = receivedAtMs
        }
      }),
    )
  }

  #familyOf(name: PolicyName): Family {
    if (name === 'textbook') return 'textbook'
    return name === 'auto' && this.#scenario.issuer === undefined ? 'auto' : 'plain'
  }
}

/** It was issued at some moment between the request and the answer. */
function heldToken({ body, sentAtMs, receivedAtMs }: Reply): HeldToken {
  return {
    token: body.token,
    jti: body.jti,
    diesAtEarliestMs: sentAtMs + body.livesForMs,
    diesAtLatestMs: receivedAtMs + body.livesForMs,
    revokeAskedAtMs: Number.POSITIVE_INFINITY,
    revokedAtMs: Number.POSITIVE_INFINITY,
  }
}
