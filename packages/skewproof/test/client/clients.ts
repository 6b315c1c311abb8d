import { onTestFinished } from 'vitest'
import {
  createTokenClient,
  type TokenClient,
  type TokenClientOptions,
} from '../../src/client/token-client.ts'
import { apiUrl, tokenUrl, World } from './world.ts'

export const minute = 60_000

/** What its listeners have heard. */
type Observed = TokenClient & { readonly seen: string[] }

/** A client that has nothing but this world, closed when the test is over. */
export function clientIn(world: World, options: Partial<TokenClientOptions> = {}): Observed {
  const client = createTokenClient({ tokenUrl, fetch: world.fetch, device: world.device, ...options })
  const seen: string[] = []
  client.subscribe(({ type }) => seen.push(type))
  onTestFinished(() => client.close())
  return Object.assign(client, { seen })
}

/** A client that somebody has just signed in at, in a world of its own. */
export function signedIn(options: Partial<TokenClientOptions> = {}): { world: World; client: Observed } {
  const world = new World()
  const client = clientIn(world, options)
  client.signIn(world.signIn())
  return { world, client }
}

export async function status(client: TokenClient, url: string = apiUrl): Promise<number> {
  return (await client.fetch(url)).status
}
