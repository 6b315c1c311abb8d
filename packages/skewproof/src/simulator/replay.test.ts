import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonwebtokenPolicy } from './peers.ts'
import { readScenario } from './read-scenario.ts'
import { type RecordedToken, type RecordedUse, replay } from './replay.ts'

const startMs = 1_800_000_000_123
const at = (ms: number) => ({ fromMs: ms, toMs: ms })

function tokenOf(changes: Partial<RecordedToken> = {}): RecordedToken {
  const token = { lifetimeSeconds: 3, share: 1, notBefore: true }
  return { family: 'plain', server: 's1', token, issued: at(1000), revoked: undefined, ...changes }
}

describe('what was recorded', () => {
  const offsetSeconds = fc.integer({ min: -5000, max: 5000 }).map(ms => ms / 1000)

  it('is judged by the clocks of the servers that judged it, at the time that they did', () => {
    fc.assert(
      fc.property(
        offsetSeconds,
        offsetSeconds,
        fc.integer({ min: 0, max: 8000 }),
        fc.boolean(),
        (issuerSeconds, verifierSeconds, afterMs, notBefore) => {
          const scenario = readScenario({
            durationSeconds: 20,
            servers: [
              { name: 's1', clock: { offsetSeconds: issuerSeconds } },
              { name: 's2', clock: { offsetSeconds: verifierSeconds } },
            ],
          })
          const token = tokenOf({ token: { lifetimeSeconds: 3, share: 1, notBefore } })
          const use: RecordedUse = { policy: 'jsonwebtoken', token, server: 's2', judged: at(1000 + afterMs) }
          const iat = Math.floor((startMs + 1000 + issuerSeconds * 1000) / 1000)
          const claims = { iat, exp: iat + 3, ...(notBefore && { nbf: iat }) }
          const wallMs = startMs + 1000 + afterMs + verifierSeconds * 1000
          const { accepted } = jsonwebtokenPolicy(0).judge(claims, wallMs)
          expect(replay(scenario, startMs, [use])).toEqual([
            { accepted: accepted ? 4 : 0, refused: accepted ? 0 : 4, unavailable: 0 },
          ])
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('where an instant is known less well than the answer depends on it', () => {
  const scenario = readScenario({ durationSeconds: 20, servers: [{ name: 's1' }, { name: 's2' }] })
  const answersTo = (use: Partial<RecordedUse>) =>
    replay(scenario, startMs, [
      { policy: 'jsonwebtoken', token: tokenOf(), server: 's2', judged: at(2000), ...use },
    ])

  it('of the decision, both answers are given', () => {
    expect(answersTo({ judged: { fromMs: 3000, toMs: 6000 } })).toEqual([
      { accepted: 2, refused: 2, unavailable: 0 },
    ])
  })

  it('of the issue, both answers are given', () => {
    const token = tokenOf({ issued: { fromMs: 1000, toMs: 2000 } })
    expect(answersTo({ token, judged: at(4200) })).toEqual([{ accepted: 2, refused: 2, unavailable: 0 }])
  })

  it('of the revocation, both answers are given for as long as it may take to be heard of', () => {
    const token = tokenOf({ family: 'bounded', revoked: at(2000) })
    const judgedAt = (ms: number) => answersTo({ policy: 'auto', token, judged: at(ms) })
    const [before] = replay(scenario, startMs, [{ policy: 'auto', token, server: 's2', judged: at(1500) }])
    expect(before).toEqual({ accepted: 4, refused: 0, unavailable: 0 })
    expect(judgedAt(3500)).toEqual([{ accepted: 0, refused: 4, unavailable: 0 }])
  })
})

it('a server that stands still answers nothing', () => {
  const suspends = [{ atSeconds: 2, forSeconds: 2 }]
  const scenario = readScenario({ servers: [{ name: 's1' }, { name: 's2', clock: { suspends } }] })
  const use: RecordedUse = { policy: 'jose', token: tokenOf(), server: 's2', judged: at(3000) }
  expect(replay(scenario, startMs, [use])).toEqual([{ accepted: 0, refused: 0, unavailable: 4 }])
})

it('a server that the scenario does not have is told', () => {
  const use: RecordedUse = { policy: 'jose', token: tokenOf(), server: 'nobody', judged: at(3000) }
  expect(() => replay(readScenario({}), startMs, [use])).toThrow('nobody')
})
