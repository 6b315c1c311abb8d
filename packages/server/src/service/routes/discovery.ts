import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import type { ServiceContext } from '../context.ts'
import { anyObject, listOf, objectOf, problems } from '../schemas.ts'

/** How long the key set may be cached, seconds; the publication lead of a new key covers it. */
const jwksMaxAgeSeconds = 300

/** What clients and resource servers find the service by. */
export function discoveryRoutes({ issuer, tokens }: ServiceContext): FastifyPluginAsyncJsonSchemaToTs {
  const base = issuer.replace(/\/$/, '')

  return async app => {
    app.get(
      '/.well-known/jwks.json',
      {
        schema: {
          summary: 'The public keys (RFC 7517)',
          tags: ['discovery'],
          response: {
            200: objectOf({ keys: listOf(anyObject) }),
            ...problems(503),
          },
        },
      },
      async (_request, reply) => {
        reply.header('cache-control', `public, max-age=${jwksMaxAgeSeconds}`)
        return { keys: (await tokens.jwks()).keys.map(key => ({ ...key })) }
      },
    )

    app.get(
      '/.well-known/oauth-authorization-server',
      {
        schema: {
          summary: 'What the service can do, and where (RFC 8414)',
          tags: ['discovery'],
          response: { 200: anyObject },
        },
      },
      async () => ({
        issuer,
        token_endpoint: `${base}/oauth2/token`,
        introspection_endpoint: `${base}/oauth2/introspect`,
        revocation_endpoint: `${base}/oauth2/revoke`,
        jwks_uri: `${base}/.well-known/jwks.json`,
        response_types_supported: [],
        grant_types_supported: ['client_credentials', 'refresh_token'],
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
        introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
        revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      }),
    )
  }
}
