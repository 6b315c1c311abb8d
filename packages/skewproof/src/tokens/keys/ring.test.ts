import { beforeEach, describe, expect, it } from 'vitest'
import { ManualHostClock } from '../../clock/manual.ts'
import { memoryStore } from '../../stores/memory/index.ts'
import { parseJws, signToken, verifySignature } from '../jws/index.ts'
import type { StoredDocument, TokenStore } from '../store.ts'
import { keysDocument } from './document.ts'
import type { Algorithm } from './key.ts'
import { type KeyRing, storedKeyRing } from './ring.ts'
import { defaultPublishLeadMs } from './rotation.ts'

const lifetimeMs = 3_600_000
let host: ManualHostClock
let store: TokenStore

beforeEach(() => {
  host = new ManualHostClock(1_800_000_000_000)
  host.advance(3_600_000)
  store = memoryStore({ host })
})

function ring(options: { algorithm?: Algorithm; store?: TokenStore } = {}): KeyRing {
  const policy = { publishLeadMs: defaultPublishLeadMs, maxLifetimeMs: lifetimeMs }
  return storedKeyRing({ store, host, algorithm: 'ES256', policy, ...options })
}

/** A store that counts and delays the reads of documents. */
function slowStore(): { store: TokenStore; reads: () => number; release: () => void } {
  let reads = 0
  let waiting: (() => void)[] = []
  const slow = new Proxy(store, {
    get(target, name) {
      if (name !== 'readDocument') return Reflect.get(target, name).bind(target)
      return async (document: string): Promise<StoredDocument> => {
        reads += 1
        const result = await target.readDocument(document)
        await new Promise<void>(resolve => waiting.push(resolve))
        return result
      }
    },
  })
  const release = (): void => {
    for (const resolve of waiting) resolve()
    waiting = []
  }
  return { store: slow, reads: () => reads, release }
}

async function settle(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
}

describe('a ring of stored keys', () => {
  it('makes the first key once, however many nodes begin at the same time', async () => {
    const keys = await Promise.all([ring(), ring(), ring()].map(node => node.signingKey()))
    expect(new Set(keys.map(key => key.kid)).size).toBe(1)
    expect((await store.readDocument(keysDocument)).version).toBe(1)
  })

  it('verifies on one node what another signed', async () => {
    const [one, two] = [ring(), ring()]
    const key = await one.signingKey()
    expect(two.find(key.kid, 'ES256')).toBeUndefined()
    const found = await two.refresh(key.kid, 'ES256')
    expect(two.find(key.kid, 'ES256')).toBe(found)
    expect(found && verifySignature(parseJws(signToken(key, {}, {})), found)).toBe(true)
  })

  it('publishes public keys only, and secrets not at all', async () => {
    const asymmetric = ring()
    await asymmetric.signingKey()
    expect(await asymmetric.publicJwks()).toEqual([expect.not.objectContaining({ d: expect.anything() })])
    store = memoryStore({ host })
    const symmetric = ring({ algorithm: 'HS256' })
    await symmetric.signingKey()
    expect(await symmetric.publicJwks()).toEqual([])
  })

  it('rotates: both keys verify, the old one signs until the new one is known everywhere', async () => {
    const [one, two] = [ring(), ring()]
    const old = await one.signingKey()
    const [retiring, next] = await two.rotate()
    expect(retiring).toMatchObject({ kid: old.kid, state: 'signing', signsInSeconds: 0 })
    expect(next).toMatchObject({ state: 'next', signsInSeconds: 960, verifiesForSeconds: undefined })
    // Until it takes over, and 2 minutes more; its last token's life; and as long as that may be tolerated.
    expect(retiring?.verifiesForSeconds).toBe(960 + 120 + 3600 + 241)
    expect((await two.rotate()).map(key => key.kid)).toEqual([old.kid, next?.kid])
    expect((await store.readDocument(keysDocument)).version).toBe(2)

    // A node that has heard of nothing reads again within a minute.
    host.advance(60_001)
    expect((await one.publicJwks()).map(jwk => jwk['kid'])).toEqual([old.kid, next?.kid])
    host.advance(899_000)
    expect((await one.signingKey()).kid).toBe(old.kid)
    host.advance(1000)
    expect((await one.signingKey()).kid).toBe(next?.kid)
    expect((await one.list()).map(key => key.state)).toEqual(['retired', 'signing'])

    host.advance(lifetimeMs)
    expect(await one.publicJwks()).toHaveLength(2)
    host.advance(600_000)
    expect(await one.list()).toEqual([expect.objectContaining({ kid: next?.kid, state: 'signing' })])
    expect(await one.refresh(old.kid, 'ES256')).toBeUndefined()
  })

  it('takes over when its time has certainly come by the carried-on clock of the store', async () => {
    const node = ring()
    const [old, next] = [await node.signingKey(), (await node.rotate())[1]]
    host.advance(910_000)
    await node.signingKey()
    // In 50 s the two clocks can part by 10 ms.
    host.advance(50_009)
    expect((await node.signingKey()).kid).toBe(old.kid)
    host.advance(2)
    expect((await node.signingKey()).kid).toBe(next?.kid)
  })

  it('makes one new key when several nodes rotate at once', async () => {
    const nodes = [ring(), ring(), ring()]
    await Promise.all(nodes.map(node => node.signingKey()))
    const lists = await Promise.all(nodes.map(node => node.rotate()))
    for (const list of lists) expect(list.map(key => key.kid)).toEqual(lists[0]?.map(key => key.kid))
    expect(lists[0]).toHaveLength(2)
  })

  it('drops leaked keys at once', async () => {
    const [one, two] = [ring(), ring()]
    const leaked = await one.signingKey()
    await two.rotate()
    const list = await two.rotate({ compromised: true })
    expect(list).toEqual([expect.objectContaining({ state: 'signing' })])
    one.invalidate()
    expect(await one.refresh(leaked.kid, 'ES256')).toBeUndefined()
    expect((await one.signingKey()).kid).toBe(list[0]?.kid)
    expect((await store.readDocument(keysDocument)).value).not.toContain(leaked.kid)
  })

  it('keeps the imported keys, so that what was verified with them stays so', async () => {
    const node = ring()
    const key = await node.signingKey()
    await node.rotate()
    host.advance(61_000)
    expect(await node.refresh(key.kid, 'ES256')).toBe(key)
  })
})

describe('asking the store', () => {
  it('is done once for many, and not for keys that do not exist', async () => {
    await ring().signingKey()
    const slow = slowStore()
    const node = ring({ store: slow.store })
    const found = Promise.all(Array.from({ length: 10 }, () => node.refresh('made up', 'ES256')))
    await settle()
    slow.release()
    await found
    for (let i = 0; i < 10; i++) expect(await node.refresh(`made up ${i}`, 'ES256')).toBeUndefined()
    expect(slow.reads()).toBe(1)
  })

  it('finds a key although the ring was told to forget while it was looking', async () => {
    const { kid } = await ring().signingKey()
    const slow = slowStore()
    const node = ring({ store: slow.store })
    const looking = node.refresh(kid, 'ES256')
    await settle()
    node.invalidate()
    slow.release()
    expect((await looking)?.kid).toBe(kid)
    expect(node.find(kid, 'ES256')).toBeUndefined()
  })

  it('is not answered by a read that began before the ring was told to forget', async () => {
    const { kid: leaked } = await ring().signingKey()
    const slow = slowStore()
    const node = ring({ store: slow.store })
    const before = node.refresh(leaked, 'ES256')
    await settle()
    await ring().rotate({ compromised: true })
    node.invalidate()
    const after = node.refresh(leaked, 'ES256')
    await settle()
    slow.release()
    expect((await before)?.kid).toBe(leaked)
    expect(await after).toBeUndefined()
    expect(node.find(leaked, 'ES256')).toBeUndefined()
  })

  it('allows for the time that the answer took', async () => {
    const slow = slowStore()
    await ring().signingKey()
    await ring().rotate()
    const node = ring({ store: slow.store })
    const listing = node.list()
    await settle()
    host.advance(4000)
    slow.release()
    expect((await listing)[1]).toMatchObject({ state: 'next', signsInSeconds: 958 })
  })

  it.each(['', 'null', '{"keys":[{}]}'])(
    'is a 503 when its keys are spoilt (%j), and leaves them alone',
    async value => {
      await store.writeDocument(keysDocument, value, 0)
      const unreadable = { code: 'ERR_STORE_UNAVAILABLE', httpStatus: 503 }
      await expect(ring().signingKey()).rejects.toMatchObject(unreadable)
      await expect(ring().refresh('kid', 'ES256')).rejects.toMatchObject(unreadable)
      await expect(ring().rotate({ compromised: true })).rejects.toMatchObject(unreadable)
      expect(await store.readDocument(keysDocument)).toMatchObject({ version: 1, value })
    },
  )

  it('is a 503 when a stored key is not one, without showing it', async () => {
    await ring().signingKey()
    const { value = '' } = await store.readDocument(keysDocument)
    await store.writeDocument(keysDocument, value.replace(/"d":"[^"]+"/, '"d":"!"'), 1)
    await expect(ring().signingKey()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  })

  it('is a 503 when it is gone', async () => {
    const node = ring()
    const { kid } = await node.signingKey()
    await store.close()
    expect(node.find(kid, 'ES256')?.kid).toBe(kid)
    host.advance(60_001)
    await expect(node.refresh(kid, 'ES256')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  })
})

it('goes on with the keys that there are when the store’s clock was set back', async () => {
  const node = ring()
  const { kid } = await node.signingKey()
  await node.rotate()
  const document = await store.readDocument(keysDocument)
  const earlier = memoryStore({ host: new ManualHostClock(0) })
  await earlier.writeDocument(keysDocument, document.value ?? '', 0)
  const after = ring({ store: earlier })
  expect((await after.signingKey()).kid).toBe(kid)
  expect((await earlier.readDocument(keysDocument)).version).toBe(1)
})

it('signs with a stored key of another algorithm than new ones are for', async () => {
  await ring().signingKey()
  const node = ring({ algorithm: 'EdDSA' })
  expect((await node.signingKey()).alg).toBe('ES256')
  await node.rotate()
  host.advance(961_000)
  expect((await node.signingKey()).alg).toBe('EdDSA')
})
