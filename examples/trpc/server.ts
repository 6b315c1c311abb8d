import { initTRPC, TRPCError } from '@trpc/server'
import { type CreateHTTPContextOptions, createHTTPServer } from '@trpc/server/adapters/standalone'
import { createGuard, HttpError, nodeFields } from 'skewproof/http'
import { tokens } from '../tokens.js'

const guard = createGuard({ tokens })

const createContext = async ({ req }: CreateHTTPContextOptions) => ({
  admission: await guard(nodeFields(req), req),
})

const refusalOf = (error: TRPCError | undefined) =>
  error?.cause instanceof HttpError ? error.cause : undefined

const t = initTRPC.context<typeof createContext>().create({
  // The client finds it in `error.data.problem`.
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: { ...shape.data, problem: refusalOf(error)?.problem },
  }),
})

const authenticated = t.procedure.use(({ ctx: { admission }, next }) => {
  if (admission.refusal === undefined) return next({ ctx: { token: admission.token } })
  const { status, message } = admission.refusal
  const code = status === 400 ? 'BAD_REQUEST' : status === 503 ? 'SERVICE_UNAVAILABLE' : 'UNAUTHORIZED'
  throw new TRPCError({ code, message, cause: admission.refusal })
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
  responseMeta: ({ errors }) => ({ headers: refusalOf(errors[0])?.headers ?? {} }),
})
server.listen(Number(process.env.PORT ?? 3000))
