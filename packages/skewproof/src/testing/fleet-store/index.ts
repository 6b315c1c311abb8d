import assert from 'node:assert/strict'
import type { FleetStore, NodeWord } from '../../stores/fleet-store.ts'
import type { TestRunner } from '../token-store/fixture.ts'

/** One store, without nodes at first, and the time that passes for it. */
export interface FleetStoreFixture {
  /** Opens the store. Each call may give another handle on the same store, as another process would have it. */
  open(): FleetStore | Promise<FleetStore>
  /** Lets time pass on the store's clock. The suite's margins are 500 ms. */
  advance(ms: number): void | Promise<void>
  /** Closes what was opened and removes the store. */
  dispose(): void | Promise<void>
}

function word(node: string, report = node, description = `{"node":"${node}"}`): NodeWord {
  return { node, report, description }
}

async function names(store: FleetStore): Promise<readonly string[]> {
  return (await store.readDescriptions()).nodes.map(({ node }) => node).toSorted()
}

/**
 * The conformance suite of a `FleetStore`: what every store must do, as tests for any runner.
 *
 * @param createFixture gives each test a store of its own
 */
export function describeFleetStore(
  name: string,
  { describe, it }: TestRunner,
  createFixture: () => FleetStoreFixture | Promise<FleetStoreFixture>,
): void {
  function test(title: string, body: (store: FleetStore, fixture: FleetStoreFixture) => Promise<void>): void {
    it(title, async () => {
      const fixture = await createFixture()
      try {
        await body(await fixture.open(), fixture)
      } finally {
        await fixture.dispose()
      }
    })
  }

  describe(`${name} as a fleet store`, () => {
    test('answers what all nodes have left, whoever asks', async (store, fixture) => {
      const other = await fixture.open()
      assert.deepEqual((await store.beat(word('a'))).reports, ['a'])
      assert.deepEqual((await other.beat(word('b'))).reports.toSorted(), ['a', 'b'])
      assert.deepEqual((await store.beat(word('a', 'again'))).reports.toSorted(), ['again', 'b'])
      const { nodes } = await other.readDescriptions()
      assert.deepEqual(nodes.map(({ description }) => description).toSorted(), [
        '{"node":"a"}',
        '{"node":"b"}',
      ])
    })

    test('counts the beats of one epoch', async (store, fixture) => {
      const other = await fixture.open()
      const readings = []
      for (const one of [store, other, store, other]) readings.push(await one.beat(word('a')))
      const sequences = readings.map(({ sequence }) => sequence)
      assert.deepEqual(
        sequences,
        sequences.toSorted((a, b) => a - b),
      )
      assert.equal(new Set(sequences).size, 4)
      assert.equal(new Set(readings.map(({ epoch }) => epoch)).size, 1)
    })

    test('tells its time, and when each node left word', async (store, fixture) => {
      const first = await store.beat(word('a'))
      await fixture.advance(10_000)
      const second = await store.beat(word('b'))
      const { timeMs, nodes } = await store.readDescriptions()
      assertNear(second.timeMs - first.timeMs, 10_000)
      assertNear(timeMs, second.timeMs)
      assertNear(nodes.find(({ node }) => node === 'a')?.atMs, first.timeMs)
      assertNear(nodes.find(({ node }) => node === 'b')?.atMs, second.timeMs)
    })

    test('forgets a node that says nothing for two minutes', async (store, fixture) => {
      await store.beat(word('gone'))
      await fixture.advance(60_000)
      await store.beat(word('here'))
      await fixture.advance(59_000)
      assert.deepEqual(await names(store), ['gone', 'here'])
      await fixture.advance(2000)
      assert.deepEqual(await names(store), ['here'])
      assert.deepEqual((await store.beat(word('here'))).reports, ['here'])
    })

    test('takes away what a node that leaves has left', async store => {
      await store.beat(word('a'))
      await store.beat(word('b'))
      await store.leave('a')
      await store.leave('neverthere')
      assert.deepEqual(await names(store), ['b'])
      assert.deepEqual((await store.beat(word('b'))).reports, ['b'])
    })

    test('takes words as long as they may be, and no longer', async store => {
      const longest = word('n'.repeat(128), 'r'.repeat(256), 'd'.repeat(8192))
      assert.deepEqual((await store.beat(longest)).reports, [longest.report])
      assert.equal((await store.readDescriptions()).nodes[0]?.description, longest.description)
      const refused: readonly Partial<NodeWord>[] = [
        { node: '' },
        { node: 'n'.repeat(129) },
        { node: 'a b' },
        { report: 'r'.repeat(257) },
        { report: 'two\nlines' },
        { report: 'ü' },
        { description: 'd'.repeat(8193) },
      ]
      for (const part of refused) {
        await assert.rejects(
          async () => store.beat({ ...word('a'), ...part }),
          error => error instanceof Error && 'code' in error && error.code === 'ERR_OPTION',
        )
      }
    })

    test('has the beats of many at once', async (store, fixture) => {
      const other = await fixture.open()
      const nodes = Array.from({ length: 40 }, (_, index) => `node-${index}`)
      await Promise.all(nodes.map((node, index) => (index % 2 === 0 ? store : other).beat(word(node))))
      assert.deepEqual(await names(other), nodes.toSorted())
    })
  })
}

function assertNear(actual: number | undefined, expected: number): void {
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < 500, `${actual} is not near ${expected}`)
}
