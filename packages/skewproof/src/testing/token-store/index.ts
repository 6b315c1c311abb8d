import { documentTests } from './documents.ts'
import { familyTests } from './families.ts'
import { feedTests } from './feed.ts'
import { createSuite, type StoreFixture, type TestRunner } from './fixture.ts'
import { lifecycleTests } from './lifecycle.ts'
import { listTests } from './lists.ts'
import { revocationTests } from './revocation.ts'
import { statusListTests } from './status-lists.ts'
import { sweepingRevocationTests } from './sweeping-revocation.ts'
import { tokenTests } from './tokens.ts'

export type { StoreFixture, TestRunner } from './fixture.ts'

/**
 * The conformance suite of a `TokenStore`: what every store must do, as tests for any runner.
 *
 * ```ts
 * import { describe, it } from 'node:test'
 * import { describeTokenStore } from 'skewproof/testing'
 *
 * describeTokenStore('my store', { describe, it }, () => createMyFixture())
 * ```
 *
 * @param createFixture gives each test a store of its own
 */
export function describeTokenStore(
  name: string,
  runner: TestRunner,
  createFixture: () => StoreFixture | Promise<StoreFixture>,
): void {
  const suite = createSuite(runner, createFixture)
  runner.describe(`${name} as a token store`, () => {
    tokenTests(suite)
    listTests(suite)
    revocationTests(suite)
    sweepingRevocationTests(suite)
    statusListTests(suite)
    familyTests(suite)
    documentTests(suite)
    feedTests(suite)
    lifecycleTests(suite)
  })
}
