import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { createSigner } from 'fast-jwt'
import { SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import type { TokenService } from 'skewproof'
import { type Aim, atLeast, type Benchmark, type Cell, figure, type Table } from '../benchmark.js'
import { startRedis } from '../harness/redis.js'
import { type Contestant, compare, type Outcome, outcomeOf, ratio } from '../harness/rounds.js'
import { inBatches, serviceOver } from '../harness/services.js'
import { summarize } from '../harness/statistics.js'
import { type OpenStore, withStores } from '../harness/stores.js'
import { textbookAsWritten, textbookWell } from '../peers/textbook.js'
import { claimsOf, makeKey } from '../peers/tokens.js'

/** How many requests are under way at once. */
const atOnce = 64
const rawSign = 'node:crypto sign'

const method = `An access token, ES256, that is recorded in the store before it is handed out; ${atOnce} requests at once. Redis is on
loopback and on the same cores; LMDB writes to the disk before it answers. The peers only sign, without a record; the textbook
signs with HS256 and runs \`SETEX\`. A refresh takes a refresh token and gives a pair; a revocation is of one token by its \`jti\`.`

export const issue: Benchmark = {
  name: 'issue',
  title: 'Issue, refresh and revoke',
  async run({ quick, progress }) {
    const rounds = { rounds: quick ? 1 : 10, roundMs: quick ? 10 : 150, maxBatch: quick ? atOnce : 2048 }
    progress('signing')
    const signing = await compare(await signers(), rounds)
    return withStores(async stores => {
      progress('issue')
      const redis = await startRedis()
      const well = await textbookWell(redis.url)
      const written = textbookAsWritten(redis.url)
      const services = stores.map(({ name, store }) => ({ name, tokens: serviceOver(store) }))
      try {
        const issued = await compare(
          [
            raw(),
            ...services.map(issuing),
            contestant('textbook as written', n => written.issue(`user-${n}`)),
            contestant('textbook written well', n => well.issue(`user-${n}`)),
          ],
          rounds,
        )
        progress('refresh')
        const refreshed = await compare(services.map(refreshing), rounds)
        progress('revoke')
        const revoked: Outcome[] = []
        for (const one of services) revoked.push(await measureRevoking(one, quick))
        return {
          method,
          tables: [
            toRaw('Sign, one at a time', signing, rawSign),
            toRaw('Issue', issued, rawSign),
            plain('Refresh', refreshed),
            plain('Revoke', revoked),
          ],
          aims: aimsOf(issued),
        }
      } finally {
        await well.close()
        await written.close()
        await redis.end()
      }
    })
  },
}

interface Service {
  readonly name: OpenStore['name']
  readonly tokens: TokenService
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index)

function contestant(name: string, work: (number: number) => Promise<unknown>): Contestant<number> {
  return {
    name,
    prepare: count => numbers(Math.ceil(count / atOnce) * atOnce),
    async run(items) {
      for (let first = 0; first < items.length; first += atOnce) {
        await Promise.all(items.slice(first, first + atOnce).map(work))
      }
    },
  }
}

function raw(): Contestant<number> {
  const { signWith: key } = makeKey('ES256').signing
  const bytes = Buffer.from('x'.repeat(380))
  return {
    name: rawSign,
    prepare: numbers,
    run(items) {
      for (let left = items.length; left > 0; left -= 1)
        sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' })
    },
  }
}

async function signers(): Promise<readonly Contestant<number>[]> {
  const { signWith } = makeKey('ES256').signing
  const pem = signWith.export({ type: 'pkcs8', format: 'pem' }).toString()
  const fast = createSigner({ key: pem, algorithm: 'ES256' })
  return [
    raw(),
    signer('fast-jwt', async n => fast(claimsOf(n))),
    signer('jsonwebtoken', async n => jsonwebtoken.sign(claimsOf(n), signWith, { algorithm: 'ES256' })),
    signer('jose', n => signByJose(n, createPrivateKey(pem))),
  ]
}

function signByJose(number: number, key: KeyObject): Promise<string> {
  return new SignJWT(claimsOf(number)).setProtectedHeader({ alg: 'ES256' }).sign(key)
}

function signer(name: string, work: (number: number) => Promise<string>): Contestant<number> {
  return {
    name,
    prepare: numbers,
    async run(items) {
      for (const number of items) await work(number)
    },
  }
}

function issuing({ name, tokens }: Service): Contestant<number> {
  return contestant(`skewproof, ${name}`, n => tokens.issue({ subject: `user-${n}`, expiresIn: '2h' }))
}

/** Each session is refreshed again and again, with the token that it got last. */
function refreshing({ name, tokens }: Service): Contestant<number> {
  const sessions: string[] = []
  return contestant(`skewproof, ${name}`, async n => {
    const place = n % atOnce
    const token = sessions[place]
    const pair =
      token === undefined
        ? await tokens.issue({ subject: `user-${place}`, refresh: true })
        : await tokens.refresh(token)
    sessions[place] = pair.refresh_token ?? ''
  })
}

/** All that was issued for it is revoked, so many at once; how many tokens that is decides, not how long it takes. */
async function measureRevoking({ name, tokens }: Service, quick: boolean): Promise<Outcome> {
  const rates: number[] = []
  for (let round = 0; round < (quick ? 1 : 6); round += 1) {
    const live: string[] = []
    await inBatches(numbers(quick ? 128 : 6400), atOnce, async number => {
      live.push((await tokens.issue({ subject: `user-${round}-${number}` })).jti)
    })
    const startedMs = performance.now()
    await inBatches(live, atOnce, jti => tokens.revoke(jti))
    rates.push((live.length / (performance.now() - startedMs)) * 1000)
  }
  return { name: `skewproof, ${name}`, rates, rate: summarize(rates) }
}

function toRaw(caption: string, outcomes: readonly Outcome[], rawName: string): Table {
  const limit = outcomeOf(outcomes, rawName)
  const rows = outcomes.map((outcome): Cell[] => [
    outcome.name,
    figure('per second', outcome.rate),
    figure('times', ratio(outcome, limit)),
  ])
  return { caption, head: ['', 'per second', 'of raw sign'], rows }
}

function plain(caption: string, outcomes: readonly Outcome[]): Table {
  const rows = outcomes.map(({ name, rate }): Cell[] => [name, figure('per second', rate)])
  return { caption, head: ['', 'per second'], rows }
}

function aimsOf(outcomes: readonly Outcome[]): Aim[] {
  const share = ratio(outcomeOf(outcomes, 'skewproof, redis'), outcomeOf(outcomes, rawSign))
  return [atLeast('issue over Redis, ES256, of raw sign', 0.7, figure('times', share))]
}
