// oidc-provider with everything in memory; its access tokens are opaque, or JWTs signed with ES256.
import { generateKeyPairSync } from 'node:crypto'
import { type Configuration, Provider } from 'oidc-provider'
import { client } from './client.js'

const [, , port, format] = process.argv
const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })

const jwtTokens: NonNullable<Configuration['features']>['resourceIndicators'] = {
  enabled: true,
  defaultResource: () => 'urn:bench:api',
  useGrantedResource: () => true,
  getResourceServerInfo: () => ({
    scope: 'orders:read',
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  }),
}

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: client.id,
      client_secret: client.secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    ...(format === 'jwt' && { resourceIndicators: jwtTokens }),
  },
  jwks: { keys: [{ ...jwk, alg: 'ES256', use: 'sig', kid: 'bench' } as never] },
})
provider.listen(Number(port), '127.0.0.1')
