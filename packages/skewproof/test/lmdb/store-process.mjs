// A process that opens the store in the directory given, and does to it what its parent says.
import { lmdbStore } from 'skewproof/lmdb'

const store = lmdbStore({ path: process.argv[2] ?? '' })
const feed = store.openFeed()

const methods = {
  addToken: record => store.addToken(record),
  addTokens: records => Promise.allSettled(records.map(record => store.addToken(record))).then(countDone),
  findToken: jti => store.findToken(jti),
  findTokens: async ids => {
    const found = await Promise.all(ids.map(jti => store.findToken(jti)))
    return ids.filter((_, index) => found[index] !== undefined)
  },
  revokeToken: jti => store.revokeToken(jti),
  revokeSubject: subject => store.revokeSubject(subject),
  takeChanges: async () => feed.take(),
  wallMs: async () => Date.now(),
  close: () => store.close(),
}

function countDone(results) {
  const failed = results.find(({ status }) => status === 'rejected')
  return { done: results.filter(({ status }) => status === 'fulfilled').length, code: failed?.reason.code }
}

process.on('message', async ({ id, method, argument }) => {
  try {
    process.send({ id, value: await methods[method](argument) })
  } catch (error) {
    process.send({ id, error: { message: error.message, code: error.code } })
  }
})
process.on('disconnect', () => process.exit())
process.send('ready')
