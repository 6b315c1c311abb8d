import { expect, it } from 'vitest'
import { startService } from '../../packages/server/test/support/service.ts'
import { systemFile } from '../../scripts/lib/system-packages.mjs'
import { shippedPath, startHaproxy } from '../support/haproxy.ts'
import { run } from '../support/process.ts'
import { eventually, temporaryDirectory } from '../support/processes.ts'

it('HAProxy, as it is configured, sends requests to those that are ready, and nobody to /metrics', async () => {
  await run(systemFile('haproxy'), ['-c', '-f', shippedPath], temporaryDirectory())
  const services = [await startService(), await startService()]
  const servers = services.map(({ url }, index) => ({
    name: `web-${index + 1}`,
    port: Number(new URL(url).port),
  }))
  const { url } = await startHaproxy(servers)
  const issuers = async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => fetch(`${url}/.well-known/oauth-authorization-server`)),
    )
    return Promise.all(answers.map(async answer => ((await answer.json()) as { issuer: string }).issuer))
  }
  await eventually(async () => expect(new Set(await issuers()).size).toBe(2))
  expect((await fetch(`${url}/metrics`)).status).toBe(403)

  await services[1]?.stop()
  await eventually(async () => expect(new Set(await issuers())).toEqual(new Set([services[0]?.url])))
})
