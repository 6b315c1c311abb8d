import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { clientIn, minute, signedIn, status } from '../../test/client/clients.ts'
import { settle, World } from '../../test/client/world.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('the storage', () => {
  function storage(): { text: string | null; load(): string | null; save(text: string | null): void } {
    return {
      text: null,
      load() {
        return this.text
      },
      save(text) {
        this.text = text
      },
    }
  }

  it('carries a session over to the next page, whose monotonic clock begins anew', async () => {
    const kept = storage()
    const { world, client } = signedIn({ storage: kept })
    await world.device.advance(5 * minute)
    client.close()
    const next = clientIn(world, { storage: kept })
    expect(await status(next)).toBe(200)
    expect(next.state.isSignedIn).toBe(true)
    await world.device.advance(5 * minute)
    expect(world.count('refresh')).toBe(1)
    next.signOut()
    expect(kept.text).toBeNull()
    expect(await status(clientIn(world, { storage: kept }))).toBe(401)
  })

  it('may be slow, hold anything, or fail', async () => {
    const world = new World()
    const failing = {
      load: () => Promise.reject(new Error('no storage')),
      save: () => Promise.reject(new Error('full')),
    }
    for (const broken of [failing, { ...storage(), text: '{"accessToken":' }]) {
      const client = clientIn(world, { storage: broken })
      client.signIn(world.signIn())
      expect(await status(client)).toBe(200)
    }
  })
})

describe('tabs', () => {
  const share = () => `test ${Math.random()}`

  /** The second has its session from the first. */
  async function twoTabs() {
    const name = share()
    const world = new World()
    const first = clientIn(world, { share: name })
    const second = clientIn(world, { share: name })
    await settle()
    await world.device.advance(100)
    first.signIn(world.signIn())
    await vi.waitFor(() => expect(second.state.isSignedIn).toBe(true))
    return { name, world, first, second }
  }

  it('share a session: its beginning, its refreshes, its end', async () => {
    const { name, world, first, second } = await twoTabs()
    expect(await status(second)).toBe(200)

    world.forgetTokens()
    expect(await status(first)).toBe(200)
    await vi.waitFor(async () => expect(await second.accessToken()).toBe('t2'))
    expect(world.count('refresh')).toBe(1)

    const third = clientIn(world, { share: name })
    const answer = status(third)
    await vi.waitFor(() => expect(third.state.isSignedIn).toBe(true))
    await world.device.advance(100)
    expect(await answer).toBe(200)
    second.signOut()
    await vi.waitFor(() => expect([first, third].map(tab => tab.state.isSignedIn)).toEqual([false, false]))
  })

  it('take a new login for theirs, and old news for nothing', async () => {
    const { name, world, first, second } = await twoTabs()
    second.signIn(world.signIn())
    await vi.waitFor(async () => expect(await first.accessToken()).toBe('t2'))
    const channel = new BroadcastChannel(name)
    onTestFinished(() => channel.close())
    channel.postMessage('nonsense')
    expect(await second.accessToken()).toBe('t2')
  })

  it('do without one another where a page may not have channels', async () => {
    vi.stubGlobal('BroadcastChannel', function refused() {
      throw new DOMException('opaque origin', 'NotSupportedError')
    })
    const { world, client } = signedIn({ share: share() })
    await world.device.advance(9.2 * minute)
    expect(await status(client)).toBe(200)
    expect(world.count('refresh')).toBe(1)
  })

  it('do not share what has another name, or none', async () => {
    const world = new World()
    const first = clientIn(world, { share: share() })
    const others = [clientIn(world, { share: share() }), clientIn(world, { share: null }), clientIn(world)]
    first.signIn(world.signIn())
    await settle()
    expect(others.map(client => client.state.isSignedIn)).toEqual([false, false, false])
  })
})
