import { execPath } from 'node:process'
import { expect, it } from 'vitest'
import { run } from '../support/process.ts'
import { root } from './markdown.ts'

it('examples/five-clocks shows what the picture in the README shows', async () => {
  const output = await run(execPath, ['examples/five-clocks/five-clocks.mjs'], root)
  const servers = output.split('\n').filter(line => line.startsWith('server '))
  const accepted = servers.filter(line => / {2,}accepted {2,}ERR_TOKEN_REVOKED$/.test(line))
  expect([servers.length, accepted]).toEqual([5, servers])
  expect(servers.filter(line => line.includes('REFUSED'))).toHaveLength(2)
})
