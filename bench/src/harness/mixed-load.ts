import type { RequestKind } from './load.js'
import type { SkewproofServer } from './skewproof-server.js'

/** What a service in a fleet is asked: mostly by proxies, whether a request may pass. */
export async function mixedRequests(
  server: SkewproofServer,
  { live, toRevoke }: { live: number; toRevoke: number },
): Promise<readonly RequestKind[]> {
  const { authorization } = server
  const tokens = await server.issue(live)
  const doomed = await server.issue(toRevoke)
  const post = (path: string, body: string) => ({
    method: 'POST' as const,
    path,
    headers: { authorization },
    body,
  })
  return [
    {
      share: 900,
      requests: tokens.map(token => ({
        path: '/forward-auth',
        headers: { authorization: `Bearer ${token}` },
      })),
    },
    { share: 50, requests: [post('/oauth2/token', 'grant_type=client_credentials')] },
    { share: 40, requests: tokens.map(token => post('/oauth2/introspect', `token=${token}`)) },
    { share: 10, requests: doomed.map(token => post('/oauth2/revoke', `token=${token}`)) },
  ]
}
