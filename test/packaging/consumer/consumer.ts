// What a user writes, compiled and run against the packed tarballs.
import { createTokenService, isReliable, ManualClock, TokenError, type VerifiedToken } from 'skewproof'
import type { Clock } from 'skewproof/clock'
import { lmdbStore } from 'skewproof/lmdb'
import { memoryStore } from 'skewproof/memory'
import type { TokenStore } from 'skewproof/stores'
import { formatInstant } from 'skewproof/time'
import { createVerifier } from 'skewproof/tokens'

const issuer = 'https://auth.example.com'
const clock: Clock = new ManualClock({ timeMs: 1_800_000_000_000, errorMs: 5 })

async function useStore(store: TokenStore): Promise<void> {
  const tokens = createTokenService({ issuer, audience: 'api', clock, store })
  const { access_token: token, jti } = await tokens.issue({ subject: 'alice', expiresIn: '1h' })
  const verified: VerifiedToken = await tokens.verify(token)

  const { keys } = await tokens.jwks()
  const verifier = createVerifier({ issuer, audience: 'api', clock, keys })
  const elsewhere = await verifier.verify(token)

  await tokens.revoke(jti)
  const refusal = await tokens.verify(token).catch((error: unknown) => error)
  console.log(
    JSON.stringify({
      subject: verified.claims.sub,
      elsewhere: elsewhere.claims.sub,
      refusal: refusal instanceof TokenError ? refusal.code : String(refusal),
    }),
  )
  tokens.close()
  await store.close()
}

if (isReliable(clock.now())) console.log(JSON.stringify(formatInstant(clock.now().timeMs)))
await useStore(memoryStore())
await useStore(lmdbStore({ path: 'store' }))
