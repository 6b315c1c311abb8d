// A process with a token service over Redis. Each line of its input is a call: {id, method, args}; it prints {id, value}, or
// {id, code} of what was thrown. Its argument is the store's options; the key to its documents is in hexadecimal.

import process from 'node:process'
import { createInterface } from 'node:readline'
import { createTokenService } from 'skewproof'
import { redisStore } from 'skewproof/redis'

const { encryptionKey, ...options } = JSON.parse(process.argv[2])
const store = redisStore({ ...options, encryptionKey: Buffer.from(encryptionKey, 'hex') })
const service = createTokenService({ issuer: 'https://issuer.test', audience: 'api', store })

const methods = {
  issue: subject => service.issue({ subject }),
  verify: async token => (await service.verify(token)).claims.sub,
  revoke: jti => service.revoke(jti),
  sync: () => store.sync(),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, args } = JSON.parse(line)
  methods[method](...args).then(
    value => console.log(JSON.stringify({ id, value })),
    error => console.log(JSON.stringify({ id, code: String(error.code) })),
  )
}
