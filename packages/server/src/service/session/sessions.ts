import type { FastifyRequest } from 'fastify'
import type { TokenClaims } from 'skewproof'
import { createGuard, nodeFields } from 'skewproof/http'
import { adminScope, type Client } from '../clients.ts'
import type { ServiceContext } from '../context.ts'
import { cookieName } from './cookie.ts'

/** A login to the dashboard. */
export interface Session {
  readonly clientId: string
  readonly jti: string
  readonly expiresAtMs: number
  readonly expiresInSeconds: number
}

/**
 * The logins to the dashboard. Each is a token of this service for the administrator's client, in a cookie: revoked like any
 * other, and good only as long as the client is an administrator.
 */
export class Sessions {
  readonly cookie: string
  readonly #context: ServiceContext
  readonly #guard: ReturnType<typeof createGuard<TokenClaims, FastifyRequest, true>>

  constructor(context: ServiceContext) {
    this.#context = context
    this.cookie = cookieName(context.issuer)
    this.#guard = createGuard({
      tokens: context.tokens,
      scope: adminScope,
      from: { cookie: this.cookie },
      optional: true,
    })
  }

  /** The token of a new session. */
  async start({ clientId }: Client): Promise<string> {
    const { access_token: token } = await this.#context.tokens.issue({
      subject: clientId,
      clientId,
      scope: adminScope,
      expiresIn: this.#context.sessionSeconds,
    })
    return token
  }

  /**
   * The session that a request carries; `undefined` when it carries none that is good.
   *
   * @throws HttpError 503 when the store cannot be asked
   */
  async find(request: FastifyRequest): Promise<Session | undefined> {
    const admission = await this.#guard(nodeFields(request.raw), request)
    if (admission.refusal !== undefined) {
      if (admission.refusal.status === 503) throw admission.refusal
      return undefined
    }
    const { client_id: clientId, jti, exp } = admission.token?.claims ?? {}
    if (clientId === undefined || jti === undefined || exp === undefined) return undefined
    const client = await this.#context.clients.find(clientId)
    if (client?.isAdmin !== true) return undefined
    const remainingSeconds = exp - this.#context.clock.now().timeMs / 1000
    return {
      clientId,
      jti,
      expiresAtMs: exp * 1000,
      expiresInSeconds: Math.max(0, Math.floor(remainingSeconds)),
    }
  }

  hasCookie({ headers }: FastifyRequest): boolean {
    return headers.cookie?.includes(`${this.cookie}=`) === true
  }

  async end({ jti }: Session): Promise<void> {
    await this.#context.tokens.revoke(jti)
  }
}
