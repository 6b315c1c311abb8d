import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../packages/server/test/support/processes.ts'
import { type Service, startService } from '../../packages/server/test/support/service.ts'
import {
  createServiceClient,
  createTokenClient,
  type TokenClient,
  type TokenClientOptions,
  type TokenResponse,
} from '../../packages/skewproof/src/client/index.ts'
import { startProxy } from './support/proxy.ts'

async function logIn(service: Service, seconds: number): Promise<TokenResponse> {
  return (await service.issue({ sub: 'alice', expires_in: seconds, refresh: true })).body
}

/** A client of a service, or of a way to it. */
function clientOf(url: string, options: Partial<TokenClientOptions> = {}): TokenClient {
  const client = createTokenClient({ tokenUrl: `${url}/oauth2/token`, ...options })
  onTestFinished(() => client.close())
  return client
}

async function isAccepted(client: TokenClient, url: string): Promise<boolean> {
  return (await client.fetch(`${url}/forward-auth`)).ok
}

/** The generation that the service has counted up to in a refresh token. */
function generationOf(refreshToken: string): number {
  return Number(refreshToken.split('.')[1])
}

/** Keeps the last tokens as a storage would. */
function listening(): { text: string; load(): null; save(text: string | null): void } {
  return {
    text: '{}',
    load: () => null,
    save(text) {
      this.text = text ?? '{}'
    },
  }
}

describe('createTokenClient with a real service', () => {
  it('never shows a 401 over many lives of a token, and refreshes once in each', async () => {
    const service = await startService()
    const kept = listening()
    const client = clientOf(service.url, { storage: kept })
    client.signIn(await logIn(service, 5))
    const answers = new Set<number>()
    await eventually(async () => {
      answers.add((await client.fetch(`${service.url}/forward-auth`)).status)
      const { serial } = JSON.parse(kept.text)
      if (serial < 4) throw new Error(`${serial} lives`)
    }, 60_000)
    const { refreshToken, serial } = JSON.parse(kept.text)
    expect(answers).toEqual(new Set([200]))
    expect(generationOf(refreshToken)).toBe(serial - 1)
  })

  it('goes on when a session is refreshed through a network that loses answers', async () => {
    const service = await startService()
    const way = await startProxy(service.url, { backMs: () => Math.random() * 30 })
    const kept = listening()
    const client = clientOf(way.url, { storage: kept })
    client.signIn(await logIn(service, 5))
    const refusals: number[] = []
    await eventually(async () => {
      if (Math.random() < 0.3) way.cut()
      else way.join()
      const answer = await client.fetch(`${way.url}/forward-auth`).catch(() => undefined)
      if (answer?.status === 401) refusals.push(answer.status)
      const { serial } = JSON.parse(kept.text)
      if (serial < 4) throw new Error(`generation ${serial}`)
    }, 60_000)
    expect(refusals).toEqual([])
    way.join()
    await eventually(async () => expect(await isAccepted(client, way.url)).toBe(true))
  })

  it('cures a revoked access token', async () => {
    const service = await startService()
    const client = clientOf(service.url)
    const response = await logIn(service, 600)
    client.signIn(response)
    await service.revoke({ jti: JSON.parse(atob(response.access_token.split('.')[1] ?? '')).jti })
    expect(await isAccepted(client, service.url)).toBe(true)
    expect(await client.accessToken()).not.toBe(response.access_token)
  })

  it('gives up a revoked session', async () => {
    const service = await startService()
    const client = clientOf(service.url)
    client.signIn(await logIn(service, 600))
    await service.revoke({ sub: 'alice' })
    expect(await isAccepted(client, service.url)).toBe(false)
    expect(client.state.isSignedIn).toBe(false)
  })

  it('waits while the service is down, and goes on when it is back', async () => {
    const service = await startService()
    const client = clientOf(service.url)
    client.signIn(await logIn(service, 2))
    await service.stop()
    await eventually(async () => {
      await expect(client.fetch(`${service.url}/forward-auth`)).rejects.toMatchObject({
        code: 'ERR_TOKEN_UNAVAILABLE',
      })
    })
    expect(client.state).toMatchObject({ isSignedIn: true, isWaiting: true })
    await startService({ directory: service.directory, port: Number(new URL(service.url).port) })
    await eventually(async () => expect(await isAccepted(client, service.url)).toBe(true))
  })

  it('says how wrong this device’s clock is, and works with it', async () => {
    const service = await startService({ offsetSeconds: -420 })
    const client = clientOf(service.url)
    client.signIn(await logIn(service, 2))
    await eventually(async () => {
      expect(await isAccepted(client, service.url)).toBe(true)
      const { skewMs = 0, errorMs = 0 } = client.state.clockSkew ?? {}
      expect(Math.abs(skewMs - 420_000)).toBeLessThanOrEqual(errorMs)
    })
  })
})

describe('createServiceClient with a real service', () => {
  it('calls in its own name', async () => {
    const service = await startService()
    const { client_id: clientId, client_secret: clientSecret } = service.credentials
    const client = createServiceClient({ tokenUrl: `${service.url}/oauth2/token`, clientId, clientSecret })
    onTestFinished(() => client.close())
    const answers = await Promise.all(Array.from({ length: 10 }, () => isAccepted(client, service.url)))
    expect(answers).toEqual(Array<boolean>(10).fill(true))
    const token = await client.accessToken()
    expect((await service.introspect(`${token}`)).body).toMatchObject({ active: true, client_id: clientId })
  })

  it('says what the service says of a wrong secret, and not the secret', async () => {
    const service = await startService()
    const { client_id: clientId } = service.credentials
    const clientSecret = 'wrong-secret'
    const client = createServiceClient({ tokenUrl: `${service.url}/oauth2/token`, clientId, clientSecret })
    onTestFinished(() => client.close())
    const refusal = await client.fetch(`${service.url}/forward-auth`).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'ERR_TOKEN_UNAVAILABLE' })
    expect(String(refusal)).toContain('401, invalid_client')
    expect(String(refusal)).not.toContain(clientSecret)
  })
})

describe('redirects', () => {
  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1')
    onTestFinished(() => {
      server.close()
    })
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port was given')
    return `http://127.0.0.1:${address.port}`
  }

  it('carry no token to another origin, also when the caller follows them', async () => {
    const seen: (string | undefined)[] = []
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.end('elsewhere')
    })
    const home = await serve((_request, response) => response.writeHead(302, { location: other }).end())
    const client = clientOf(home)
    client.signIn({ access_token: 'token', token_type: 'Bearer' })
    await expect(client.fetch(home)).rejects.toMatchObject({ code: 'ERR_TOKEN_REDIRECT' })
    expect(seen).toEqual([])
    expect(await (await client.fetch(home, { redirect: 'follow' })).text()).toBe('elsewhere')
    expect(seen).toEqual([undefined])
  })

  it('of the token endpoint are not followed', async () => {
    let reached = 0
    const other = await serve((_request, response) => {
      reached += 1
      response.end()
    })
    const home = await serve((_request, response) => response.writeHead(307, { location: other }).end())
    const client = createServiceClient({ tokenUrl: home, clientId: 'a', clientSecret: 'b' })
    onTestFinished(() => client.close())
    await expect(client.fetch(`${home}/api`)).rejects.toMatchObject({ code: 'ERR_TOKEN_UNAVAILABLE' })
    expect(reached).toBe(0)
  })
})
