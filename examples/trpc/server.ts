import { initTRPC, TRPCError } from '@trpc/server'
import { type CreateHTTPContextOptions, createHTTPServer } from '@trpc/server/adapters/standalone'
import { TokenError } from 'skewproof'
import { createGuard, HttpError, nodeFields, refusedToken } from 'skewproof/http'
import { tokens } from '../tokens.js'

const guard = createGuard({ tokens })

const createContext = ({ req }: CreateHTTPContextOptions) => ({ req })

const refusalOf = ({ cause }: TRPCError) => (cause instanceof HttpError ? cause : undefined)

const codes = new Map<number, TRPCError['code']>([
  [400, 'BAD_REQUEST'],
  [403, 'FORBIDDEN'],
  [503, 'SERVICE_UNAVAILABLE'],
])

const trpcError = (refusal: HttpError) =>
  new TRPCError({
    code: codes.get(refusal.status) ?? 'UNAUTHORIZED',
    message: refusal.message,
    cause: refusal,
  })

const t = initTRPC.context<typeof createContext>().create({
  // The client finds it in `error.data.problem`.
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: { ...shape.data, problem: refusalOf(error)?.problem },
  }),
})

const authenticated = t.procedure.use(async ({ ctx: { req }, next }) => {
  // Not in the context: over WebSockets that is made once, and would outlive the token.
  const admission = await guard(nodeFields(req), req)
  if (admission.refusal !== undefined) throw trpcError(admission.refusal)
  const result = await next({ ctx: { token: admission.token } })
  // What is to be revoked may meet a store that cannot be asked.
  if (!result.ok && result.error.cause instanceof TokenError) {
    throw trpcError(refusedToken(result.error.cause))
  }
  return result
})

const router = t.router({
  me: authenticated.query(({ ctx: { token } }) => ({ sub: token.claims.sub, tenant: token.claims.tenant })),
  logout: authenticated.mutation(async ({ ctx: { token } }) => {
    await tokens.revoke(String(token.jti))
  }),
})
export type AppRouter = typeof router

export const server = createHTTPServer({
  router,
  createContext,
  // Of a batch, any call may have been refused.
  responseMeta: ({ errors }) => ({ headers: errors.map(refusalOf).find(Boolean)?.headers ?? {} }),
})
server.listen(Number(process.env.PORT ?? 3000))
