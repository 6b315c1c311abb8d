import type { FleetNode } from 'skewproof/fleet'
import { describe, expect, it } from 'vitest'
import { History } from './history.ts'
import { sumVerdicts, VerdictHistory } from './verdicts.ts'

function at(node: string, offsetMs: number | null, errorMs: number | null = 1): FleetNode {
  return { node, offsetMs, errorMs, ownOffsetMs: null } as FleetNode
}

describe('the history of clocks', () => {
  it('has a place for each second, in their order, with gaps where nothing was known', () => {
    const history = new History()
    history.add(1000, [at('a', 5, 2)])
    history.add(2000, [at('a', null), at('b', 7)])
    history.add(3000, [at('b', 8)])
    expect(history.of('a')).toEqual({
      seconds: [1, 2, 3],
      offsetMs: [5, null, null],
      lowMs: [3, null, null],
      highMs: [7, null, null],
      ownMs: [null, null, null],
    })
    expect(history.of('b').offsetMs).toEqual([null, 7, 8])
    expect(history.of('nobody').offsetMs).toEqual([null, null, null])
  })

  it('takes news that come faster in the place of the last', () => {
    const history = new History()
    history.add(1000, [at('a', 1)])
    history.add(1300, [at('a', 2)])
    history.add(2000, [at('a', 3)])
    expect(history.of('a')).toMatchObject({ seconds: [1, 2], offsetMs: [2, 3] })
  })

  it('keeps twenty minutes, and forgets a node that has been gone as long', () => {
    const history = new History()
    history.add(0, [at('gone', 1)])
    for (let second = 1; second <= 1300; second += 1) history.add(second * 1000, [at('a', second)])
    const { seconds, offsetMs } = history.of('a')
    expect([seconds[0], seconds.at(-1), seconds.length]).toEqual([101, 1300, 1200])
    expect([offsetMs[0], offsetMs.at(-1)]).toEqual([101, 1300])
    expect(history.of('gone').offsetMs.every(value => value === null)).toBe(true)
  })
})

describe('the verdicts of all nodes', () => {
  it('are added up, those that accept first', () => {
    const rates = sumVerdicts([
      { verdictsPerSecond: { ERR_TOKEN_EXPIRED: 3, valid: 10 } },
      { verdictsPerSecond: { valid: 5, ERR_TOKEN_REVOKED: 4, ambiguous: 1 } },
    ])
    expect(rates.map(({ name, perSecond }) => [name, perSecond])).toEqual([
      ['valid', 15],
      ['ambiguous', 1],
      ['ERR_TOKEN_REVOKED', 4],
      ['ERR_TOKEN_EXPIRED', 3],
    ])
    const history = new VerdictHistory()
    history.add(1000, rates)
    expect(history.columns()).toEqual([[1], [16], [7]])
    for (let second = 2; second <= 400; second += 1) history.add(second * 1000, [])
    expect(history.columns()[0]).toHaveLength(300)
  })
})
