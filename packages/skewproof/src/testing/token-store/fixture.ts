import type { TokenStore } from '../../tokens/store.ts'

/** What the suite needs of a test runner; `node:test`, Vitest, Jest, Mocha and Bun have it. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  it(name: string, body: () => Promise<void>): unknown
}

/** One store, empty at first, and the time that passes for it. */
export interface StoreFixture {
  /** Opens the store. Each call may give another handle on the same store, as another process would have it. */
  open(): TokenStore | Promise<TokenStore>
  /** A clock that runs with the store's; only differences of its readings are used. */
  nowMs(): number
  /** Lets time pass on the store's clock. The suite's margins are 500 ms. */
  advance(ms: number): void | Promise<void>
  /** Waits until every handle's feed shows what has been acknowledged. Default: until the next turn of the event loop. */
  settle?(): Promise<void>
  /** Closes what was opened and removes the store. */
  dispose(): void | Promise<void>
}

/** What the tests of one topic are written with. */
export interface Suite extends TestRunner {
  /** A test with a fixture of its own, which is disposed of afterwards. */
  test(name: string, body: (store: TokenStore, fixture: StoreFixture) => Promise<void>): void
}

export function createSuite(
  { describe, it }: TestRunner,
  createFixture: () => StoreFixture | Promise<StoreFixture>,
): Suite {
  return {
    describe,
    it,
    test(name, body) {
      it(name, async () => {
        const fixture = await createFixture()
        try {
          await body(await fixture.open(), fixture)
        } finally {
          await fixture.dispose()
        }
      })
    },
  }
}

/** Waits until feeds must show what was acknowledged before. */
export async function settled({ settle }: StoreFixture): Promise<void> {
  await settle?.()
  await nextTurn()
}

/** Ends this turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
