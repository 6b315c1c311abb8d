import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { openStore, startRedis } from '../../../test/redis/open.ts'
import { createTokenService } from '../../tokens/index.ts'

it('keeps the keys that sign encrypted, and shared by all that have the key to them', {
  timeout: 60_000,
}, async () => {
  const server = await startRedis()
  const [first, second] = [await openStore(server.url), await openStore(server.url)]
  const options = { issuer: 'https://issuer.test', audience: 'api' }
  const issuing = createTokenService({ ...options, store: first })
  const verifying = createTokenService({ ...options, store: second })
  const { access_token: token } = await issuing.issue({ subject: 'alice' })
  expect((await verifying.verify(token)).claims.sub).toBe('alice')

  const { d = '' } = JSON.parse((await first.readDocument('keys')).value ?? '').keys[0].jwk
  expect(d).toMatch(/^[\w-]{43}$/)
  const dump = String(await server.command('HGET', 'skewproof:{0}:d:keys', 'value'))
  expect(dump).toMatch(/^A256GCM\./)
  expect(Buffer.from(dump.split('.')[2] ?? '', 'base64url').includes(d)).toBe(false)

  const stranger = await openStore(server.url, { encryptionKey: randomBytes(32) })
  await expect(stranger.readDocument('keys')).rejects.toThrow(/encrypted with another key/)
  for (const service of [issuing, verifying]) service.close()
})

it('takes an old document of Redis for what it is', { timeout: 60_000 }, async () => {
  const server = await startRedis()
  const store = await openStore(server.url)
  await store.writeDocument('keys', 'old', 0)
  const old = String(await server.command('HGET', 'skewproof:{0}:d:keys', 'value'))
  await store.writeDocument('keys', 'new', 1)
  await server.command('HSET', 'skewproof:{0}:d:keys', 'value', old)
  await expect(store.readDocument('keys')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  await server.command('HSET', 'skewproof:{0}:d:other', 'version', '1', 'value', old)
  await expect(store.readDocument('other')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
})

it('takes no document without a key', { timeout: 60_000 }, async () => {
  const server = await startRedis()
  const store = await openStore(server.url, { encryptionKey: undefined })
  await expect(store.writeDocument('keys', '{}', 0)).rejects.toMatchObject({ option: 'encryptionKey' })
  expect((await store.readDocument('keys')).version).toBe(0)
})
