import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client'
import { io, type Socket } from 'socket.io-client'
import type { AppRouter } from '../../examples/trpc/server.ts'

/** What a client has learnt: who it is, or why it was refused. */
export interface Answer {
  readonly status: number
  readonly sub?: string
  readonly code?: string
  readonly byMs?: number
  readonly culprit?: string
  readonly retryAfter?: string
}

/** Asks a server who it takes the owner of a token for, by the client of its framework. */
export type Client = (url: string, token: string) => Promise<Answer>

interface Body extends Partial<Answer> {
  readonly data?: { readonly me?: { readonly sub?: string } }
  readonly errors?: readonly { readonly extensions?: Partial<Answer> }[]
}

async function answerOf(response: Response): Promise<Answer> {
  const isJson = response.headers.get('content-type')?.includes('json') === true
  const body = isJson ? ((await response.json()) as Body) : {}
  const { sub, code, byMs, culprit } = { ...body, ...body.data?.me, ...body.errors?.[0]?.extensions }
  const retryAfter = response.headers.get('retry-after') ?? undefined
  return pick({ sub, code, byMs, culprit, retryAfter }, response.status)
}

/** Only what is there. */
function pick(found: Partial<Record<keyof Answer, unknown>>, status: number): Answer {
  return { status, ...Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const rest: Client = async (url, token) => answerOf(await fetch(`${url}/me`, { headers: bearer(token) }))

const restLogout: Client = async (url, token) =>
  answerOf(await fetch(`${url}/logout`, { method: 'POST', headers: bearer(token) }))

const cookie: Client = async (url, token) =>
  answerOf(await fetch(`${url}/me`, { headers: { cookie: `authjs.session-token=${token}` } }))

const graphqlOf =
  (query: string): Client =>
  async (url, token) =>
    answerOf(
      await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { ...bearer(token), 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      }),
    )

type TrpcClient = ReturnType<typeof createTRPCClient<AppRouter>>

const trpcOf =
  (call: (client: TrpcClient) => Promise<{ sub?: string } | undefined>): Client =>
  async (url, token) => {
    const client = createTRPCClient<AppRouter>({ links: [httpLink({ url, headers: bearer(token) })] })
    try {
      return pick({ ...(await call(client)) }, 200)
    } catch (error) {
      if (!(error instanceof TRPCClientError)) throw error
      const response = error.meta?.['response'] as Response | undefined
      const retryAfter = response?.headers.get('retry-after') ?? undefined
      const { code, byMs, culprit } = error.data?.problem ?? {}
      return pick({ code, byMs, culprit, retryAfter }, error.data?.httpStatus ?? 0)
    }
  }

/** A connection of its own. */
export const connect = (url: string, token: string): Socket =>
  io(url, { auth: { token }, reconnection: false, forceNew: true })

const socket: Client = async (url, token) => {
  const connection = connect(url, token)
  try {
    return await new Promise<Answer>((resolve, reject) => {
      connection.on('connect', () => {
        connection.emitWithAck('whoami').then(({ sub }) => resolve(pick({ sub }, 200)), reject)
      })
      connection.on('connect_error', (error: Error & { data?: Partial<Answer> & { headers: object } }) => {
        const { status = 401, code, byMs, culprit, headers = {} } = error.data ?? {}
        const retryAfter = 'retry-after' in headers ? headers['retry-after'] : undefined
        resolve(pick({ code, byMs, culprit, retryAfter }, status))
      })
    })
  } finally {
    connection.disconnect()
  }
}

export const clients = {
  'passport-jwt': rest,
  'express-jwt': rest,
  nestjs: rest,
  'auth-js': cookie,
  'socket-io': socket,
  trpc: trpcOf(client => client.me.query()),
  'graphql-yoga': graphqlOf('{ me { sub } }'),
} satisfies Record<string, Client>

/** Has a server revoke the token that it is asked with. */
export const logouts = {
  'passport-jwt': restLogout,
  'express-jwt': restLogout,
  nestjs: restLogout,
  trpc: trpcOf(async client => void (await client.logout.mutate())),
  'graphql-yoga': graphqlOf('mutation { logout }'),
} satisfies Partial<Record<RecipeName, Client>>

export type RecipeName = keyof typeof clients

/** What `POST /auth/...` of Auth.js needs: its cookies, and the token against forgery in them. */
export class Browser {
  readonly #origin: string
  readonly #cookies = new Map<string, string>()

  constructor(origin: string) {
    this.#origin = origin
  }

  /** The cookie that the session lies in. */
  get session(): string | undefined {
    return this.#cookies.get('authjs.session-token')
  }

  set session(value: string) {
    this.#cookies.set('authjs.session-token', value)
  }

  async get(path: string): Promise<Response> {
    return this.#send(path, {})
  }

  /** Fills in the form of a page of Auth.js. */
  async post(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Response> {
    const { csrfToken } = (await (await this.get('/auth/csrf')).json()) as { csrfToken: string }
    return this.#send(path, { method: 'POST', body: new URLSearchParams({ ...fields, csrfToken }) })
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(this.#origin + path, { ...init, headers: { cookie }, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return response
  }
}
