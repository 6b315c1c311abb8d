import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startService } from '../../packages/server/test/support/service.ts'
import { codeBlocks, root } from './markdown.ts'

const readme = { path: 'README.md', text: readFileSync(join(root, 'README.md'), 'utf8') }
const usual = 'http://127.0.0.1:8787'
const commands = codeBlocks(readme, 'sh').filter(block => block.includes('curl'))

describe.each(['sh', 'bash'])('the commands of the README, pasted into %s', shell => {
  it('issue a token, use it, revoke it, and see it refused', async () => {
    const service = await startService()
    expect(commands).toHaveLength(1)
    const script = commands.join('\n').replaceAll(usual, service.url)
    const output = execFileSync(shell, ['-eu'], { cwd: service.directory, input: script, encoding: 'utf8' })
    const [active, status, inactive, refusal] = output.trim().split('\n')
    expect(JSON.parse(active ?? '')).toMatchObject({ active: true, sub: 'alice' })
    expect(status).toBe('200')
    expect(JSON.parse(inactive ?? '')).toEqual({ active: false })
    expect(JSON.parse(refusal ?? '')).toMatchObject({ status: 401, code: 'ERR_TOKEN_REVOKED' })
  })
})
