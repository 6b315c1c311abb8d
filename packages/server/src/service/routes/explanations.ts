import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import { systemHostClock, TokenError } from 'skewproof'
import {
  checkSignature,
  describeToken,
  type ReadToken,
  readToken,
  type Signature,
} from '../../explain/examine.ts'
import { requireAdmin } from '../authenticate.ts'
import type { ServiceContext } from '../context.ts'
import {
  anyObject,
  boolean,
  described,
  listOf,
  nullableNumber,
  nullableText,
  number,
  objectOf,
  problems,
  text,
} from '../schemas.ts'

const requestSchema = {
  type: 'object',
  required: ['token'],
  properties: { token: { type: 'string', minLength: 1, maxLength: 16_384 } },
  additionalProperties: false,
} as const

const explanationSchema = objectOf(
  {
    verdict: described(text, 'valid, ambiguous, expired, not_yet_valid or malformed'),
    claims: anyObject,
    reasons: listOf(
      objectOf({
        claim: nullableText,
        byMs: described(nullableNumber, 'How far it lies on the wrong side of the clock'),
        culprit: described(text, 'Whose clock is wrong: issuer, verifier, unknown or none'),
        message: text,
      }),
    ),
    policies: listOf(objectOf({ name: text, accepted: boolean, message: text })),
    service: described(
      objectOf({ accepted: boolean, message: text }, { code: text }),
      'What this service answers when it is asked for the token',
    ),
  },
  {
    code: described(text, 'Of a text that is no token'),
    signature: described(text, 'valid, invalid, or unchecked: another issuer'),
    clock: objectOf({ status: text, timeMs: number, errorMs: nullableNumber }),
  },
)

interface ServiceAnswer {
  accepted: boolean
  code?: string
  message: string
}

/** `skewproof explain`, by the clock of this node, and with what its store knows. */
export function explanationRoutes(context: ServiceContext): FastifyPluginAsyncJsonSchemaToTs {
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
          body: requestSchema,
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
