import { createServer } from 'node:http'
import { GraphQLError } from 'graphql'
import { createSchema, createYoga } from 'graphql-yoga'
import { createGuard, headerFields } from 'skewproof/http'
import { tokens } from '../tokens.js'

const guard = createGuard({ tokens })

/** The context of resolvers: an operation with a token that is refused does not get that far. */
async function createContext({ request }: { request: Request }) {
  const admission = await guard(headerFields(request.headers), request)
  if (admission.refusal === undefined) return { token: admission.token }
  const { message, status, headers, problem } = admission.refusal
  throw new GraphQLError(message, { extensions: { ...problem, http: { status, headers } } })
}

type Context = Awaited<ReturnType<typeof createContext>>

const schema = createSchema<Context>({
  typeDefs: `
    type User { sub: String!, tenant: String }
    type Query { me: User! }
    type Mutation { logout: Boolean! }
  `,
  resolvers: {
    Query: { me: (_parent, _args, { token }) => token.claims },
    Mutation: {
      logout: async (_parent, _args, { token }) => {
        await tokens.revoke(String(token.jti))
        return true
      },
    },
  },
})

export const server = createServer(createYoga({ schema, context: createContext }))
server.listen(Number(process.env.PORT ?? 3000))
