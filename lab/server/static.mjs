import { createVerifier } from 'skewproof'
import { requireToken } from 'skewproof/express'
import { plainIssuer, sharedKeySource } from './keys.mjs'
import { greet } from './reply.mjs'

/**
 * Skewproof where it is given nothing: no source of time, no store, and a fixed tolerance.
 *
 * @param {import('express').Express} app
 * @param {import('./server.mjs').Settings} settings
 */
export function addStatic(app, settings) {
  const verifier = createVerifier({
    issuer: plainIssuer,
    audience: null,
    keys: sharedKeySource(settings),
    clockTolerance: '30s',
  })
  app.get('/static/me', requireToken({ verifier }), greet)
}
