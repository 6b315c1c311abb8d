import type { StoredDocument } from 'skewproof'
import { memoryStore } from 'skewproof/memory'
import { describe, expect, it, vi } from 'vitest'
import { ClientRegistry } from './clients.ts'

function setUp() {
  const store = memoryStore()
  return { store, one: new ClientRegistry(store), other: new ClientRegistry(store) }
}

describe('a client that another process has removed', () => {
  it('is refused at once', async () => {
    const { one, other } = setUp()
    const { clientId, clientSecret } = await one.add({ scope: 'read', isAdmin: false })
    expect(await one.authenticate(clientId, clientSecret)).toMatchObject({ clientId, scope: 'read' })
    expect(await one.authenticate(clientId, `${clientSecret}x`)).toBeUndefined()
    expect(await other.remove(clientId)).toBe(true)
    expect(await one.authenticate(clientId, clientSecret)).toBeUndefined()
  })

  it('is refused, too, when the store could not be asked in between', async () => {
    const { store, one, other } = setUp()
    const { clientId, clientSecret } = await one.add({ scope: 'read', isAdmin: false })
    await one.authenticate(clientId, clientSecret)
    await other.remove(clientId)
    vi.spyOn(store, 'readDocument').mockRejectedValueOnce(new Error('no answer'))
    await expect(one.authenticate(clientId, clientSecret)).rejects.toThrow('no answer')
    expect(await one.authenticate(clientId, clientSecret)).toBeUndefined()
  })

  it('is refused, too, when an answer from before arrives after it', async () => {
    const { store, one, other } = setUp()
    const { clientId, clientSecret } = await one.add({ scope: 'read', isAdmin: false })
    await one.authenticate(clientId, clientSecret)
    await one.authenticate(clientId, clientSecret)
    await other.add({ scope: 'other', isAdmin: false })
    const before = await store.readDocument('clients')
    const { promise, resolve } = deferred<StoredDocument>()
    vi.spyOn(store, 'readDocument').mockReturnValueOnce(promise)
    const slow = one.authenticate(clientId, clientSecret)
    await other.remove(clientId)
    expect(await one.authenticate(clientId, clientSecret)).toBeUndefined()
    resolve(before)
    await slow
    expect(await one.authenticate(clientId, clientSecret)).toBeUndefined()
  })
})

describe('the first administrator', () => {
  it('is made once, however many start at the same time', async () => {
    const { one, other } = setUp()
    const made = await Promise.all([one.addFirstAdmin(), other.addFirstAdmin(), one.addFirstAdmin()])
    expect(made.filter(credentials => credentials !== undefined)).toHaveLength(1)
    expect(await one.list()).toMatchObject([{ isAdmin: true, scope: 'skewproof:admin' }])
  })
})

function deferred<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}
