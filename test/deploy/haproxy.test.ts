import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { startService } from '../../packages/server/test/support/service.ts'
import { systemFile } from '../../scripts/lib/system-packages.mjs'
import { run } from '../support/process.ts'
import { eventually, freePort, startDaemon, temporaryDirectory } from '../support/processes.ts'

const path = fileURLToPath(new URL('../../deploy/haproxy/haproxy.cfg', import.meta.url))

it('HAProxy, as it is configured, sends requests to those that are ready, and nobody to /metrics', async () => {
  const directory = temporaryDirectory()
  const services = [await startService(), await startService()]
  const port = await freePort()
  const shipped = readFileSync(path, 'utf8')
  await run(systemFile('haproxy'), ['-c', '-f', path], directory)

  const [first, second] = services.map(({ url }) => new URL(url).host)
  const own = shipped
    .replace('bind :8080', `bind 127.0.0.1:${port}`)
    .replace('10.0.0.11:8787', first ?? '')
    .replace('10.0.0.12:8787', second ?? '')
  writeFileSync(join(directory, 'haproxy.cfg'), own)
  startDaemon(systemFile('haproxy'), ['-f', 'haproxy.cfg', '-db'], { cwd: directory })
  const url = `http://127.0.0.1:${port}`
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
