// Express: bare, with express-jwt, with skewproof.
import express from 'express'
import { expressjwt } from 'express-jwt'
import { createVerifier } from 'skewproof'
import { requireToken } from 'skewproof/express'
import { audience, issuer } from '../peers/tokens.js'
import { secret, secretKey } from './keys.js'

const [, , port, way] = process.argv
const app = express()
app.disable('x-powered-by')
app.get('/up', (_request, response) => void response.send('up'))
if (way === 'peer') app.use(expressjwt({ secret: secretKey, algorithms: ['HS256'], issuer, audience }))
if (way === 'skewproof')
  app.use(requireToken({ verifier: createVerifier({ issuer, audience, keys: [secret] }) }))
app.get('/me', (_request, response) => void response.json({ sub: 'alice' }))
app.listen(Number(port), '127.0.0.1')
