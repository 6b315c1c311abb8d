import { setTimeout as sleep } from 'node:timers/promises'
import {
  type PolicyName,
  Random,
  type Scenario,
  type TokenModel,
  type TrafficEvent,
  trafficOf,
} from 'skewproof/simulator'
import { type Beginning, machineMs } from './instants.ts'
import {
  type Family,
  type HeldToken,
  Outcomes,
  type PolicyObservation,
  type RecordedAnswer,
} from './outcomes.ts'
import { type Reply, Requests } from './requests.ts'

interface Client {
  readonly tokens: Partial<Record<Family, HeldToken>>
  readonly loggedIn: Promise<unknown>
}

export interface PlayedTraffic {
  readonly observations: readonly PolicyObservation[]
  readonly answers: readonly RecordedAnswer[]
}

/** Plays a scenario's traffic in real time, as it is planned, whether or not answers are late. */
export async function playTraffic(
  scenario: Scenario,
  url: string,
  { machineMs: startMs }: Beginning,
  onProgress: (passedSeconds: number) => void,
): Promise<PlayedTraffic> {
  const player = new Player(scenario, url)
  const timer = setInterval(() => onProgress((machineMs() - startMs) / 1000), 250)
  try {
    for (const event of trafficOf(scenario, new Random(scenario.seed))) {
      const waitMs = startMs + event.atMs - machineMs()
      if (waitMs > 0) await sleep(waitMs)
      player.play(event)
    }
    await sleep(Math.max(0, startMs + scenario.durationSeconds * 1000 - machineMs()))
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

  async finish(): Promise<PlayedTraffic> {
    await Promise.all(this.#pending)
    this.#requests.close()
    const outcomes = [...this.#outcomes.values()]
    return {
      observations: outcomes.map(one => one.observation()),
      answers: outcomes.flatMap(({ answers }) => answers),
    }
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
    const loggedIn = Promise.all(
      families.map(async family => {
        const reply = await this.#requests.post(`/${family}/login`, token)
        if (reply.status === 200) tokens[family] = heldToken(family, token, reply)
      }),
    )
    this.#clients.set(client, { tokens, loggedIn })
    await loggedIn
  }

  /** Nobody uses what they do not have yet; on a busy machine they wait for it. */
  async #use({ tokens, loggedIn }: Client): Promise<void> {
    await loggedIn
    await Promise.all(
      [...this.#outcomes].map(async ([name, outcomes]) => {
        const token = tokens[this.#familyOf(name)]
        if (token === undefined) return
        outcomes.add(await this.#requests.get(`/${name}/me`, token.token), token)
      }),
    )
  }

  async #revoke({ tokens, loggedIn }: Client): Promise<void> {
    await loggedIn
    const askedAtMs = machineMs()
    await Promise.all(
      Object.entries(tokens).map(async ([family, token]) => {
        token.revokeAskedAtMs = askedAtMs
        // What is signed and nothing else cannot be revoked: the client forgets it, and a thief does not.
        if (family === 'plain') token.revokedAtMs = askedAtMs
        else {
          const { status, judged } = await this.#requests.post(`/${family}/logout`, { jti: token.jti })
          if (status !== 200) return
          token.revokeBegunAtMs = judged.fromMs
          token.revokedAtMs = judged.toMs
        }
      }),
    )
  }

  #familyOf(name: PolicyName): Family {
    if (name === 'textbook') return 'textbook'
    return name === 'auto' && this.#scenario.issuer === undefined ? 'auto' : 'plain'
  }
}

/** It was issued at some moment while the server had the request. */
function heldToken(family: Family, model: TokenModel, { body, server = '', judged }: Reply): HeldToken {
  return {
    family,
    model,
    server,
    issued: judged,
    token: body.token,
    jti: body.jti,
    diesAtEarliestMs: judged.fromMs + body.livesForMs,
    diesAtLatestMs: judged.toMs + body.livesForMs,
    revokeAskedAtMs: Number.POSITIVE_INFINITY,
    revokeBegunAtMs: Number.POSITIVE_INFINITY,
    revokedAtMs: Number.POSITIVE_INFINITY,
  }
}
