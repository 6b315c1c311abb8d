import { importVerificationKey } from 'skewproof'

/** Who issues what `jsonwebtoken` signs here. */
export const plainIssuer = 'https://peers.lab.example'

/**
 * A shared secret from the configuration, with the next one and the appointed hour from which it signs: by this server's
 * wall clock, as everything here.
 *
 * @param {import('./server.mjs').Settings} settings
 */
export function sharedSecrets({ secrets }) {
  const begun = () => secrets.filter(({ fromMs }) => Date.now() >= fromMs)
  return {
    newest() {
      const secret = begun().at(-1)
      if (secret === undefined) throw new Error('there is no secret')
      return secret
    },
    /** @param {string | undefined} kid */
    find(kid) {
      const secret = begun().find(candidate => candidate.kid === kid)
      if (secret === undefined) throw new Error(`the key ${kid} is not known`)
      return secret.value
    },
  }
}

/**
 * A new configuration brings the next secret, and the hour from which it signs.
 *
 * @param {import('express').Express} app
 * @param {import('./server.mjs').Settings} settings
 */
export function addConfiguration(app, { secrets }) {
  app.post('/lab/secrets', (request, response) => {
    secrets.push(request.body)
    response.end()
  })
}

/**
 * The same for Skewproof.
 *
 * @param {import('./server.mjs').Settings} settings
 * @returns {import('skewproof').KeySource}
 */
export function sharedKeySource({ secrets }) {
  /** @type {Map<string, import('skewproof').VerificationKey>} */
  const imported = new Map()
  /** @param {string | undefined} kid */
  const find = kid => {
    const secret = secrets.find(candidate => candidate.kid === kid && Date.now() >= candidate.fromMs)
    if (secret === undefined) return undefined
    const key =
      imported.get(secret.kid) ??
      importVerificationKey(Buffer.from(secret.value), { kid: secret.kid, alg: 'HS256' })
    imported.set(secret.kid, key)
    return key
  }
  return { find, refresh: async kid => find(kid) }
}
