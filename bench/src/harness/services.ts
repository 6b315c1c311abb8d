import { type Algorithm, createTokenService, type TokenService, type TokenStore } from 'skewproof'
import { audience, issuer } from '../peers/tokens.js'
import { nextTurn } from './rounds.js'

export function serviceOver(
  store: TokenStore,
  { algorithm = 'ES256', cacheSize = 25_000 }: { algorithm?: Algorithm; cacheSize?: number } = {},
): TokenService {
  return createTokenService({ issuer, audience, store, algorithm, cacheSize })
}

/** How many are under way at once where something is done many times. */
const concurrency = 256

/** Tokens of as many subjects as there are tokens, or of fewer. */
export async function issueMany(
  tokens: Pick<TokenService, 'issue'>,
  count: number,
  { subjects = count, firstSubject = 0 }: { subjects?: number; firstSubject?: number } = {},
): Promise<string[]> {
  const issued: string[] = []
  for (let first = 0; first < count; first += concurrency) {
    const size = Math.min(concurrency, count - first)
    const batch = Array.from({ length: size }, (_, index) =>
      tokens.issue({
        subject: `user-${String(firstSubject + ((first + index) % subjects)).padStart(8, '0')}`,
        expiresIn: '2h',
        clientId: 'client_7jWk2hP0qZ',
        scope: 'orders:read orders:write',
      }),
    )
    for (const { access_token: token } of await Promise.all(batch)) issued.push(token)
  }
  return issued
}

/** Does something for each item, a number of them at a time; what else is due in this process is done in between. */
export async function inBatches<T>(
  items: readonly T[],
  size: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  for (let first = 0; first < items.length; first += size) {
    await Promise.all(items.slice(first, first + size).map(work))
    await nextTurn()
  }
}
