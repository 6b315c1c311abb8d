import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { systemHostClock, TokenError } from 'skewproof'
import { Type } from 'typebox'
import {
  checkSignature,
  describeToken,
  type ReadToken,
  readToken,
  type Signature,
} from '../../explain/examine.ts'
import { requireAdmin } from '../authenticate.ts'
import type { ServiceContext } from '../context.ts'
import { problems } from '../schemas.ts'

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()])

const explanationSchema = Type.Object({
  verdict: Type.String({ description: 'valid, ambiguous, expired, not_yet_valid or malformed' }),
  code: Type.Optional(Type.String({ description: 'Of a text that is no token' })),
  claims: Type.Record(Type.String(), Type.Unknown()),
  reasons: Type.Array(
    Type.Object({
      claim: nullable(Type.String()),
      byMs: nullable(Type.Number({ description: 'How far it lies on the wrong side of the clock' })),
      culprit: Type.String({ description: 'Whose clock is wrong: issuer, verifier, unknown or none' }),
      message: Type.String(),
    }),
  ),
  policies: Type.Array(
    Type.Object({ name: Type.String(), accepted: Type.Boolean(), message: Type.String() }),
  ),
  signature: Type.Optional(Type.String({ description: 'valid, invalid, or unchecked: another issuer' })),
  clock: Type.Optional(
    Type.Object({ status: Type.String(), timeMs: Type.Number(), errorMs: nullable(Type.Number()) }),
  ),
  service: Type.Object(
    { accepted: Type.Boolean(), code: Type.Optional(Type.String()), message: Type.String() },
    { description: 'What this service answers when it is asked for the token' },
  ),
})

type ServiceAnswer = Type.Static<typeof explanationSchema>['service']

/** `skewproof explain`, by the clock of this node, and with what its store knows. */
export function explanationRoutes(context: ServiceContext): FastifyPluginAsyncTypebox {
  const { clock, tokens, issuer } = context

  async function signatureOf(token: ReadToken): Promise<Signature> {
    return token.claims['iss'] === issuer ? checkSignature(token, tokens.keys) : 'unchecked'
  }

  async function ask(token: string): Promise<ServiceAnswer> {
    try {
      const { verdict } = await tokens.verify(token)
      return { accepted: true, message: `the token is good (${verdict})` }
    } catch (error) {
      if (error instanceof TokenError && error.httpStatus === 401)
        return { accepted: false, code: error.code, message: error.message }
      throw error
    }
  }

  return async app => {
    app.addHook('preParsing', requireAdmin(context))
    app.addHook('onSend', async (_request, reply) => {
      reply.header('cache-control', 'no-store')
    })

    app.post(
      '/v1/explanations',
      {
        schema: {
          summary: 'Why a token is accepted or refused, by this node, now, and whose clock is wrong',
          tags: ['administration'],
          security: [{ basic: [] }, { bearer: [] }],
          body: Type.Object(
            { token: Type.String({ minLength: 1, maxLength: 16_384 }) },
            { additionalProperties: false },
          ),
          response: { 200: explanationSchema, ...problems(400, 401, 403, 429, 503) },
        },
      },
      async ({ body }) => {
        const text = body.token.trim()
        const token = readToken(text)
        if ('verdict' in token)
          return { ...token, reasons: [...token.reasons], policies: [], service: await ask(text) }
        const signature = await signatureOf(token)
        const explanation = describeToken(token, signature, clock.now(), systemHostClock.wallMs())
        return {
          ...explanation,
          claims: { ...explanation.claims },
          reasons: [...explanation.reasons],
          policies: [...explanation.policies],
          service: await ask(text),
        }
      },
    )
  }
}
