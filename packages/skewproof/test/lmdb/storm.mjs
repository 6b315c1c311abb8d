// Adds and revokes in the store in the directory given as fast as it can, and says on standard output what was acknowledged:
// `+jti` a token that stays, `-jti` a token that was revoked, `=jti` a token whose subject was.
import { writeSync } from 'node:fs'
import { lmdbStore } from 'skewproof/lmdb'

const [, , path = '', name = ''] = process.argv
const store = lmdbStore({ path })
const lanes = 500

async function work(lane) {
  for (let round = 0; ; round += 1) {
    const id = `${name}-${lane}-${round}`
    const subject = `subject-${id}`
    const record = { subject, issuedAtSeconds: 1, lifetimeMs: 3_600_000, toleranceMs: 0 }
    await store.addToken({ ...record, jti: `kept-${id}`, subject: 'keeper' })
    writeSync(1, `+kept-${id}\n`)
    await store.addToken({ ...record, jti: `revoked-${id}` })
    await store.revokeToken(`revoked-${id}`)
    writeSync(1, `-revoked-${id}\n`)
    await store.addToken({ ...record, jti: `swept-${id}` })
    await store.revokeSubject(subject)
    writeSync(1, `=swept-${id}\n`)
  }
}

await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)))
