import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually, temporaryDirectory } from './support/processes.ts'
import { runCommand, type Service, startService } from './support/service.ts'
import { mountSmallDisk } from './support/small-disk.ts'

const subjects = Array.from({ length: 40 }, (_, number) => `user ${number}`)

/** Issues to many at once until the disk is full; gives back the tokens that were acknowledged. */
async function issueUntilFull(service: Service): Promise<string[]> {
  const tokens: string[] = []
  for (;;) {
    const answers = await Promise.all(subjects.map(sub => service.issue({ sub })))
    const refused = answers.find(({ status }) => status !== 200)
    tokens.push(...answers.filter(({ status }) => status === 200).map(({ body }) => body.access_token))
    if (refused === undefined) continue
    expect(refused).toMatchObject({ status: 503, body: { code: 'ERR_STORE_UNAVAILABLE' } })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    return tokens
  }
}

async function statusesOf(service: Service, tokens: readonly string[]): Promise<ReadonlySet<number>> {
  const answers = await Promise.all(tokens.map(token => service.forwardAuth(token)))
  return new Set(answers.map(({ status }) => status))
}

describe('a full disk', () => {
  it('costs a 503 and nothing that was acknowledged; when there is room again, all goes on', async () => {
    const directory = temporaryDirectory()
    const disk = mountSmallDisk(join(directory, '.skewproof'), 8)
    const args = ['--rate-limit', '0']
    const service = await startService({ directory, args })
    const early = (await service.issue({ sub: 'early' })).body
    const revoked = (await service.issue({ sub: 'revoked' })).body
    expect((await service.revoke({ jti: revoked.jti })).status).toBe(200)

    disk.fill(256 * 1024)
    const tokens = await issueUntilFull(service)
    expect(tokens.length).toBeGreaterThan(subjects.length)
    disk.fill()
    tokens.push(...(await issueUntilFull(service)))
    // Pages that older transactions have left may be enough for a small one: then it is acknowledged, and holds.
    const revocation = await service.revoke({ jti: early.jti })
    expect([200, 503]).toContain(revocation.status)
    expect(await statusesOf(service, [early.access_token])).toEqual(
      new Set([revocation.status === 200 ? 401 : 200]),
    )
    expect(await statusesOf(service, tokens)).toEqual(new Set([200]))
    expect((await service.forwardAuth(revoked.access_token)).body.code).toBe('ERR_TOKEN_REVOKED')

    disk.makeRoom()
    await eventually(async () => expect((await service.issue({ sub: 'alice' })).status).toBe(200))
    expect((await service.revoke({ jti: early.jti })).status).toBe(200)
    expect((await service.forwardAuth(early.access_token)).body.code).toBe('ERR_TOKEN_REVOKED')
    expect(await service.stop()).toBe(0)

    disk.fill()
    const refused = await runCommand(['serve', '--port', '0', '--issuer', 'https://x.test'], {
      cwd: directory,
    })
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^skewproof: .*no space left.*\n$/),
    })
    disk.makeRoom()
    const again = await startService({ directory, args, port: Number(new URL(service.url).port) })
    expect(await statusesOf(again, tokens)).toEqual(new Set([200]))
    expect(await statusesOf(again, [early.access_token, revoked.access_token])).toEqual(new Set([401]))
  })
})
