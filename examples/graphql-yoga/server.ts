import { createServer } from 'node:http'
import { GraphQLError } from 'graphql'
import { createSchema, createYoga } from 'graphql-yoga'
import { TokenError } from 'skewproof'
import { createGuard, type HttpError, headerFields, refusedToken } from 'skewproof/http'
import { tokens } from '../tokens.js'

const guard = createGuard({ tokens })

const graphQLError = ({ message, status, headers, problem }: HttpError) =>
  new GraphQLError(message, { extensions: { ...problem, http: { status, headers } } })

/** The context of resolvers: an operation with a token that is refused does not get that far. */
async function createContext({ request }: { request: Request }) {
  const admission = await guard(headerFields(request.headers), request)
  if (admission.refusal === undefined) return { token: admission.token }
  throw graphQLError(admission.refusal)
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
        try {
          await tokens.revoke(String(token.jti))
          return true
        } catch (error) {
          // The store cannot be asked.
          throw error instanceof TokenError ? graphQLError(refusedToken(error)) : error
        }
      },
    },
  },
})

export const server = createServer(createYoga({ schema, context: createContext }))
server.listen(Number(process.env.PORT ?? 3000))
