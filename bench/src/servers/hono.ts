// Hono on node:http: bare, with its own jwt middleware, with skewproof.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { jwt } from 'hono/jwt'
import { createVerifier } from 'skewproof'
import { requireToken } from 'skewproof/hono'
import { audience, issuer } from '../peers/tokens.js'
import { secret } from './keys.js'

const [, , port, way] = process.argv
const app = new Hono()
app.get('/up', context => context.text('up'))
// It takes access tokens of RFC 9068 only when it is told their type.
const verification = { iss: issuer, aud: audience, typ: 'at+jwt' }
if (way === 'peer') app.use(jwt({ secret: secret.toString(), alg: 'HS256', verification }))
if (way === 'skewproof')
  app.use(requireToken({ verifier: createVerifier({ issuer, audience, keys: [secret] }) }))
app.get('/me', context => context.json({ sub: 'alice' }))
serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' })
