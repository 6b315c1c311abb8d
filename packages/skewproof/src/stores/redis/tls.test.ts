import { readFileSync } from 'node:fs'
import { expect, it, onTestFinished, vi } from 'vitest'
import { CertificateAuthority } from '../../../../../test/support/certificates.ts'
import { freePort } from '../../../../../test/support/processes.ts'
import { openStore, startRedis } from '../../../test/redis/open.ts'
import { sampleToken } from '../../testing/token-store/samples.ts'
import { redisStore } from './index.ts'

vi.setConfig({ testTimeout: 60_000 })

/** A Redis that also speaks TLS, to those who show a certificate of the authority. */
async function startTlsRedis(authority: CertificateAuthority): Promise<string> {
  const { key, certificate } = await authority.issue()
  const port = await freePort()
  const files = ['--tls-key-file', key, '--tls-cert-file', certificate, '--tls-ca-cert-file', authority.path]
  await startRedis({ args: ['--tls-port', String(port), ...files] })
  return `rediss://127.0.0.1:${port}`
}

it('speaks TLS to a server that it trusts, with a certificate of its own', async () => {
  const authority = await CertificateAuthority.create()
  const url = await startTlsRedis(authority)
  const own = await authority.issue()
  const tls = {
    ca: authority.pem,
    key: readFileSync(own.key, 'utf8'),
    cert: readFileSync(own.certificate, 'utf8'),
  }
  const [store, other] = [await openStore(url, { tls }), await openStore(url, { tls })]
  const token = sampleToken()
  await store.addToken(token)
  const feed = store.openFeed()
  await other.revokeToken(token.jti)
  await store.sync()
  expect(feed.take()).toMatchObject([{ kind: 'token', jti: token.jti }])
})

it('tells nothing to a server that it has no reason to trust', async () => {
  const authority = await CertificateAuthority.create()
  const store = redisStore({ url: await startTlsRedis(authority), commandTimeout: '5s' })
  onTestFinished(() => store.close())
  await expect(store.findToken('token')).rejects.toMatchObject({
    code: 'ERR_STORE_UNAVAILABLE',
    message: expect.stringMatching(/certificate/),
  })
})
