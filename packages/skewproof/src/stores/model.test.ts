import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ModelStore } from '../../test/token-store-model.ts'
import { ManualHostClock } from '../clock/manual.ts'
import { nextTurn } from '../testing/token-store/fixture.ts'
import type { TokenStore } from '../tokens/store.ts'
import { lmdbStore } from './lmdb/lmdb-store.ts'
import { memoryStore } from './memory/memory-store.ts'

const runs = Number(process.env['SKEWPROOF_SEEDS'] ?? 40)
const collectEveryMs = 1000

// Few names, so that what is done meets what was done before.
const index = fc.nat({ max: 2 })
const durationMs = fc.nat({ max: 4000 })
const seconds = fc.nat({ max: 5 })

/** What can be done to a store; `token`, `family` and `subject` are numbers that become names. */
const actions = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('addToken' as const),
      subject: index,
      family: fc.option(index, { nil: undefined }),
      list: fc.option(fc.nat({ max: 1 }), { nil: undefined }),
      iat: seconds,
      lifetimeMs: durationMs,
      toleranceMs: durationMs,
    }),
    fc.record({ do: fc.constant('addFamily' as const), subject: index, idleMs: durationMs }),
    fc.record({ do: fc.constant('revokeToken' as const), token: fc.nat({ max: 10 }) }),
    fc.record({ do: fc.constant('revokeSubject' as const), subject: index }),
    fc.record({ do: fc.constant('revokeFamily' as const), family: index }),
    fc.record({ do: fc.constant('revokeOlderThan' as const), ageMs: durationMs, iat: seconds }),
    fc.record({
      do: fc.constant('rotateFamily' as const),
      family: index,
      generation: fc.nat({ max: 3 }),
      graceMs: durationMs,
    }),
    fc.record({
      do: fc.constant('writeDocument' as const),
      name: fc.nat({ max: 1 }),
      version: fc.nat({ max: 3 }),
    }),
    fc.record({ do: fc.constant('advance' as const), ms: durationMs }),
    fc.record({ do: fc.constant('stepWallClock' as const), ms: fc.integer({ min: -1e6, max: 1e6 }) }),
    fc.record({ do: fc.constant('suspend' as const), ms: durationMs }),
    fc.record({ do: fc.constant('collect' as const) }),
  ),
  { minLength: 20, maxLength: 80 },
)

type Action = typeof actions extends fc.Arbitrary<(infer A)[]> ? A : never

/** Two handles on one store, and the machine that it runs on. */
interface Subject {
  readonly handles: readonly [TokenStore, TokenStore]
  readonly host: ManualHostClock
}

let path = ''

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  path = await mkdtemp(join(tmpdir(), 'skewproof-'))
})

afterEach(async () => {
  vi.useRealTimers()
  await rm(path, { recursive: true })
})

const stores: readonly [string, () => Subject][] = [
  [
    'memory',
    () => {
      const host = new ManualHostClock(1_700_000_000_000)
      const store = memoryStore({ host })
      return { handles: [store, store], host }
    },
  ],
  [
    'lmdb',
    () => {
      const host = new ManualHostClock(1_700_000_000_000)
      return { handles: [lmdbStore({ path, host }), lmdbStore({ path, host })], host }
    },
  ],
]

describe.each(stores)('the %s store', (_, open) => {
  it('does what a plain list would do', { timeout: 120_000 }, async () => {
    const subject = open()
    let run = 0
    await fc.assert(
      fc.asyncProperty(actions, async sequence => {
        run += 1
        await compare(subject, sequence, `run-${run}`)
      }),
      { numRuns: runs },
    )
    for (const handle of subject.handles) await handle.close()
  })
})

/** Does the same to the store and to the model; each run has names of its own. */
async function compare({ handles, host }: Subject, sequence: readonly Action[], run: string): Promise<void> {
  const model = new ModelStore()
  const feed = handles[1].openFeed()
  const subjects = Array.from({ length: 3 }, (_, number) => `${run} subject ${number}`)
  const lists = Array.from({ length: 2 }, (_, number) => `${run}-list-${number}`)
  const tokens: string[] = []
  const families: string[] = []
  const pick = (names: readonly string[], number: number): string => names.at(-1 - number) ?? 'nobody'

  for (const [step, action] of sequence.entries()) {
    const store = handles[step % 2 === 0 ? 0 : 1]
    switch (action.do) {
      case 'addToken': {
        const record = {
          jti: `${run}-token-${step}`,
          subject: pick(subjects, action.subject),
          ...(action.family !== undefined && { familyId: pick(families, action.family) }),
          ...(action.list !== undefined && { status: { list: `${run}-list-${action.list}`, index: step } }),
          issuedAtSeconds: action.iat,
          lifetimeMs: action.lifetimeMs,
          toleranceMs: action.toleranceMs,
        }
        tokens.push(record.jti)
        expect(await store.addToken(record)).toBe(model.addToken(record))
        break
      }
      case 'addFamily': {
        const family = {
          familyId: `${run}-family-${step}`,
          subject: pick(subjects, action.subject),
          salt: 'salt',
          generation: 0,
          currentHash: 'hash-0',
          grant: '{}',
          idleMs: action.idleMs,
        }
        families.push(family.familyId)
        await store.addFamily(family)
        model.addFamily(family)
        break
      }
      case 'revokeToken': {
        const jti = pick(tokens, action.token)
        expect((await store.revokeToken(jti)).revoked).toBe(model.revokeToken(jti))
        break
      }
      case 'revokeSubject': {
        const name = pick(subjects, action.subject)
        expect((await store.revokeSubject(name)).revoked).toBe(model.revokeSubject(name))
        break
      }
      case 'revokeFamily': {
        const familyId = pick(families, action.family)
        expect((await store.revokeFamily(familyId)).revoked).toBe(model.revokeFamily(familyId))
        break
      }
      case 'revokeOlderThan': {
        const { revoked } = await store.revokeOlderThan(action.ageMs, action.iat)
        expect(revoked).toBe(model.revokeOlderThan(action.ageMs, action.iat))
        break
      }
      case 'rotateFamily': {
        const rotation = {
          familyId: pick(families, action.family),
          presentedHash: `hash-${action.generation}`,
          successorHash: `hash-${action.generation + 1}`,
          graceMs: action.graceMs,
        }
        expect(await store.rotateFamily(rotation)).toBe(model.rotateFamily(rotation))
        break
      }
      case 'writeDocument': {
        const name = `${run} document ${action.name}`
        const value = `value ${step}`
        expect(await store.writeDocument(name, value, action.version)).toBe(
          model.writeDocument(name, value, action.version),
        )
        expect(await store.readDocument(name)).toMatchObject(model.documents.get(name) ?? { version: 0 })
        break
      }
      case 'advance':
        host.advance(action.ms)
        model.advance(action.ms)
        break
      case 'suspend':
        host.suspend(action.ms)
        model.advance(action.ms)
        break
      case 'stepWallClock':
        host.step(action.ms)
        break
      case 'collect':
        host.advance(1)
        model.advance(1)
        vi.advanceTimersByTime(collectEveryMs)
        break
    }
    await expectSame(handles[step % 2 === 0 ? 1 : 0], model, { subjects, tokens, families, lists })
  }
  await nextTurn()
  expect(feed.take()).toEqual(model.takeChanges())
  feed.close()
}

interface Names {
  readonly subjects: readonly string[]
  readonly tokens: readonly string[]
  readonly families: readonly string[]
  readonly lists: readonly string[]
}

/** All that can be seen of a store is what the model says. */
async function expectSame(store: TokenStore, model: ModelStore, names: Names): Promise<void> {
  for (const jti of names.tokens) {
    expect((await store.findToken(jti))?.remainingMs).toBe(model.remainingMs(jti))
  }
  for (const familyId of names.families) {
    expect(await store.findFamily(familyId)).toEqual(model.findFamily(familyId))
  }
  for (const name of names.lists) {
    const { indices } = await store.listRevoked(name)
    expect(indices.toSorted(byNumber)).toEqual(model.listRevoked(name).toSorted(byNumber))
  }
  for (const name of names.subjects) {
    const { tokens } = await store.listTokens(name)
    expect(tokens.map(token => token.jti)).toEqual(model.listTokens(name))
  }
}

function byNumber(one: number, other: number): number {
  return one - other
}
