// A resource server that trusts an issuer by TLS alone: verifies a token with the keys that it finds there. Prints the outcome.
import process from 'node:process'
import { createVerifier } from 'skewproof'

const [issuer = '', token = ''] = process.argv.slice(2)
const verifier = createVerifier({ issuer, audience: 'orders' })
try {
  console.log((await verifier.verify(token)).claims.sub)
} catch ({ code }) {
  console.log(code)
}
