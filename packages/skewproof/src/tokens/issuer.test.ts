import { describe, expect, it } from 'vitest'
import { ManualClock } from '../clock/manual.ts'
import { createIssuer } from './issuer.ts'
import { generateKey } from './keys/generate.ts'

describe('claims that cannot be written', () => {
  const issuer = createIssuer({
    issuer: 'https://auth.example.test',
    audience: 'api',
    key: generateKey('ES256'),
    clock: new ManualClock(),
  })
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)

  it.each([
    ['a cycle', cycle],
    ['a BigInt', 1n],
    ['too many levels', deep],
  ])('are refused: %s', async (_name, value) => {
    await expect(issuer.issue({ subject: 'alice', claims: { value } })).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringContaining('cannot be written as JSON'),
    })
  })

  it('are refused when no verifier would take them: more than 100 levels deep', async () => {
    const nested = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`)
    await expect(issuer.issue({ subject: 'alice', claims: { value: nested(100) } })).resolves.toBeDefined()
    await expect(issuer.issue({ subject: 'alice', claims: { value: nested(101) } })).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringContaining('more than 100 levels deep'),
    })
  })
})
