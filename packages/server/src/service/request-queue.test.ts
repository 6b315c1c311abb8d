import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RequestQueue } from './request-queue.ts'

/** A queue whose turns the test ends, and the requests that each turn has begun. */
function queueOf() {
  const turns: number[][] = [[]]
  let next: (() => void) | undefined
  const queue = new RequestQueue(begin => {
    expect(next).toBe(undefined)
    next = begin
  })
  let admitted = 0
  return {
    turns,
    admit(): void {
      const request = admitted
      admitted += 1
      queue.admit(() => turns.at(-1)?.push(request))
    },
    endTurn(): boolean {
      const begin = next
      next = undefined
      turns.push([])
      begin?.()
      return begin !== undefined
    },
  }
}

describe('RequestQueue', () => {
  it('begins each request once, in order, and at most eight in a turn', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 40 })), arrivals => {
        const { turns, admit, endTurn } = queueOf()
        for (const count of arrivals) {
          for (let index = 0; index < count; index += 1) admit()
          endTurn()
        }
        while (endTurn());
        const total = arrivals.reduce((sum, count) => sum + count, 0)
        expect(turns.flat()).toEqual(Array.from({ length: total }, (_, index) => index))
        for (const turn of turns) expect(turn.length).toBeLessThanOrEqual(8)
      }),
    )
  })

  it('lets no request wait for a turn that has room', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 12 })), arrivals => {
        const { turns, admit, endTurn } = queueOf()
        let waiting = 0
        for (const count of arrivals) {
          for (let index = 0; index < count; index += 1) admit()
          const begun = turns.at(-1)?.length ?? 0
          expect(begun).toBe(Math.min(8, waiting + count))
          waiting += count - begun
          endTurn()
        }
      }),
    )
  })

  it('asks for no turn when nothing has come', () => {
    const { admit, endTurn } = queueOf()
    expect(endTurn()).toBe(false)
    admit()
    expect(endTurn()).toBe(true)
    expect(endTurn()).toBe(false)
  })

  it('begins at once what more than 8,192 wait before', () => {
    const { turns, admit, endTurn } = queueOf()
    for (let index = 0; index < 10_000; index += 1) admit()
    expect(turns.at(-1)).toHaveLength(10_000 - 8192)
    while (endTurn());
    expect(turns.flat().toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 10_000 }, (_, index) => index),
    )
  })

  it('begins in the next turn of the event loop what did not fit into this one', async () => {
    const queue = new RequestQueue()
    const begun: number[] = []
    for (let index = 0; index < 20; index += 1) queue.admit(() => begun.push(index))
    expect(begun).toHaveLength(8)
    await new Promise(setImmediate)
    expect(begun).toHaveLength(16)
    await new Promise(setImmediate)
    expect(begun).toHaveLength(20)
  })
})
