import { fileURLToPath } from 'node:url'
import { createIssuer, exportJwk, generateKey, ManualClock, systemHostClock } from 'skewproof'
import { beforeAll, describe, expect, it } from 'vitest'
import { fakedClock } from '../../../test/support/faked-clock.ts'
import { eventually, forAllTests, runNode, temporaryDirectory } from './support/processes.ts'
import { runCommand, type Service, startService } from './support/service.ts'

const offsetsSeconds = [-150, 0, 0, 180, 0]
const issuer = 'https://auth.example.test'

/** Five services with clocks that disagree, over one embedded store. */
async function startFleet(): Promise<readonly Service[]> {
  const directory = temporaryDirectory()
  const services: Service[] = []
  for (const offsetSeconds of offsetsSeconds) {
    services.push(await startService({ directory, offsetSeconds, args: ['--issuer', issuer] }))
  }
  return services
}

describe('five services whose clocks are off by -150, 0, 0, +180 and 0 s', () => {
  let services: readonly Service[]

  beforeAll(
    forAllTests(async () => {
      services = await startFleet()
    }),
  )

  it('accept what any of them issued, and refuse what any of them revoked', async () => {
    const times = await Promise.all(
      services.map(async one => (await one.request('GET', '/clock')).body.receivedAtMs),
    )
    expect(times[3] - times[0]).toBeGreaterThan(325_000)

    for (const [number, issuing] of services.entries()) {
      const { access_token: token, jti } = (await issuing.issue({ sub: 'alice' })).body
      for (const service of services) {
        // Twice: as it was first seen, and from the cache.
        for (const answer of [await service.forwardAuth(token), await service.forwardAuth(token)]) {
          expect(answer).toMatchObject({ status: 200 })
        }
        expect((await service.introspect(token)).body.active).toBe(true)
      }
      await services[(number + 2) % services.length]?.revoke({ jti })
      for (const service of services) {
        expect(await service.forwardAuth(token)).toMatchObject({
          status: 401,
          body: { code: 'ERR_TOKEN_REVOKED' },
        })
        expect((await service.introspect(token)).body).toEqual({ active: false })
      }
    }
  })

  it('end a short life together, although a static tolerance could not', async () => {
    const { access_token: token } = (await services[0]?.issue({ sub: 'alice', expires_in: 1 }))?.body ?? {}
    const statuses = async () => Promise.all(services.map(async one => (await one.forwardAuth(token)).status))
    await eventually(async () => expect(await statuses()).toEqual([401, 401, 401, 401, 401]))
  })

  it('refresh and log out across each other', async () => {
    const session = (await services[3]?.issue({ sub: 'bob', refresh: true }))?.body
    const refresh = (service: Service | undefined, token: string) =>
      service?.request('POST', '/oauth2/token', undefined, {
        form: { grant_type: 'refresh_token', refresh_token: token },
      })
    const answers = await Promise.all(services.map(service => refresh(service, session.refresh_token)))
    expect(new Set(answers.map(answer => answer?.body.refresh_token)).size).toBe(1)
    await services[1]?.revoke({ sub: 'bob' })
    for (const [number, service] of services.entries()) {
      const token = answers[number]?.body.access_token
      expect(await service.forwardAuth(token)).toMatchObject({
        status: 401,
        body: { code: 'ERR_TOKEN_REVOKED' },
      })
    }
    expect((await refresh(services[4], answers[0]?.body.refresh_token))?.body.error).toBe('invalid_grant')
  })
})

const fixture = fileURLToPath(new URL('fixtures/verify.mjs', import.meta.url))

/** Verifies a fresh token in a process without the store, whose clock is off. */
async function verifyElsewhere(options: {
  issuerOffsetSeconds: number
  issuerKnows: boolean
  verifierOffsetSeconds: number
  verifierKnows: boolean
}): Promise<object> {
  const key = generateKey('ES256')
  const clock = new ManualClock({
    timeMs: systemHostClock.wallMs() + options.issuerOffsetSeconds * 1000,
    ...(options.issuerKnows ? { errorMs: 10 } : { errorMs: Infinity, status: 'unsynchronized' }),
  })
  const { token } = await createIssuer({ issuer: 'https://idp.test', audience: 'api', key, clock }).issue({
    subject: 'alice',
  })
  const args = [fixture, token, JSON.stringify(exportJwk(key)), options.verifierKnows ? 'yes' : 'no']
  const env = fakedClock(options.verifierOffsetSeconds)
  return JSON.parse((await runNode(args, { cwd: temporaryDirectory(), env })).stdout)
}

describe('a fresh token at a resource server without the store', () => {
  it.each([
    // The issuer is right and says so; the verifier's clock is behind, and nobody told it.
    [
      { issuerOffsetSeconds: 0, issuerKnows: true, verifierOffsetSeconds: -150, verifierKnows: false },
      'verifier',
      120_000,
    ],
    // The issuer is ahead; the verifier knows the time.
    [
      { issuerOffsetSeconds: 180, issuerKnows: false, verifierOffsetSeconds: 0, verifierKnows: true },
      'issuer',
      150_000,
    ],
    // Neither knows: nobody is accused.
    [
      { issuerOffsetSeconds: 0, issuerKnows: false, verifierOffsetSeconds: -150, verifierKnows: false },
      'unknown',
      120_000,
    ],
  ])('%j: the culprit is the %s', async (options, culprit, byMs) => {
    const refusal = await verifyElsewhere(options)
    expect(refusal).toMatchObject({ code: 'ERR_TOKEN_NOT_YET_VALID', claim: 'iat', culprit })
    // A token's iat is floored, and the process takes a while to start.
    expect('byMs' in refusal && Math.abs(Number(refusal.byMs) - byMs)).toBeLessThan(20_000)
  })

  it.each([
    { issuerOffsetSeconds: 0, issuerKnows: true, verifierOffsetSeconds: -25, verifierKnows: false },
    { issuerOffsetSeconds: 0, issuerKnows: false, verifierOffsetSeconds: 180, verifierKnows: false },
    { issuerOffsetSeconds: 25, issuerKnows: false, verifierOffsetSeconds: 0, verifierKnows: true },
  ])('%j: is accepted', async options => {
    expect(await verifyElsewhere(options)).toHaveProperty('verdict')
  })
})

describe('skewproof explain', () => {
  let service: Service

  beforeAll(
    forAllTests(async () => {
      service = await startService()
    }),
  )

  it.each([
    [-150, 1, 'not_yet_valid'],
    [-25, 0, 'ambiguous'],
    [180, 0, 'valid'],
  ])('on a host that is %d s off exits with %d: %s', async (offsetSeconds, code, verdict) => {
    const { access_token: token } = (await service.issue({ sub: 'alice' })).body
    const explained = await runCommand(
      ['explain', token, '--json', '--jwks', `${service.url}/.well-known/jwks.json`],
      {
        cwd: service.directory,
        env: fakedClock(offsetSeconds),
      },
    )
    expect(explained.code).toBe(code)
    expect(JSON.parse(explained.stdout)).toMatchObject({ verdict, signature: 'valid' })
  })

  it('says for a clock that is behind what other libraries would do', async () => {
    const { access_token: token } = (await service.issue({ sub: 'alice' })).body
    const env = fakedClock(-150)
    const { policies, reasons } = JSON.parse(
      (await runCommand(['explain', token, '--json'], { cwd: service.directory, env })).stdout,
    )
    const refusing = policies
      .filter((one: { accepted: boolean }) => !one.accepted)
      .map((one: { name: string }) => one.name)
    expect(refusing).toContain('skewproof, auto')
    expect(refusing).toContain('jose, clockTolerance 30, maxTokenAge 3601')
    expect(refusing).not.toContain('jsonwebtoken, clockTolerance 0')
    expect(reasons).toContainEqual(expect.objectContaining({ claim: 'iat', culprit: 'unknown' }))
  })
})
