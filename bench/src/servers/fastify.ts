// Fastify: bare, with @fastify/jwt, with skewproof.
import fastifyJwt from '@fastify/jwt'
import fastify from 'fastify'
import { createVerifier } from 'skewproof'
import { requireToken } from 'skewproof/fastify'
import { audience, issuer } from '../peers/tokens.js'
import { secret } from './keys.js'

const [, , port, way] = process.argv
const app = fastify()
app.get('/up', async () => 'up')
await app.register(async scope => {
  if (way === 'peer') {
    await scope.register(fastifyJwt, {
      secret,
      verify: { algorithms: ['HS256'], allowedIss: issuer, allowedAud: audience, cache: true },
    })
    scope.addHook('onRequest', async request => void (await request.jwtVerify()))
  }
  if (way === 'skewproof') {
    scope.addHook(
      'onRequest',
      requireToken({ verifier: createVerifier({ issuer, audience, keys: [secret] }) }),
    )
  }
  scope.get('/me', async () => ({ sub: 'alice' }))
})
await app.listen({ port: Number(port), host: '127.0.0.1' })
