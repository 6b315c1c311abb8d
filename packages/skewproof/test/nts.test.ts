import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { CertificateAuthority, type CertificateOptions } from '../../../test/support/certificates.ts'
import { fakedClock } from '../../../test/support/faked-clock.ts'
import { behindRelay, type NtsServer, startNtsRelay, startNtsServer } from '../../../test/support/nts.ts'
import { run } from '../../../test/support/process.ts'
import { end, eventually } from '../../../test/support/processes.ts'
import type { RelayOptions } from '../../../test/support/udp-relay.ts'
import { createClock, SourceError, systemHostClock, type TimeSource } from '../src/clock/index.ts'
import { nts } from '../src/sources/index.ts'
import { decodeFields, fieldType } from '../src/sources/nts/fields.ts'

const measureOnce = fileURLToPath(new URL('measure-once.mjs', import.meta.url))
const host = systemHostClock
/** It serves its own clock. */
const honest = { localStratum: 1 }
const headerBytes = 48
const identifierBytes = 36
const plenty = 30_000

/** A measurement, the replies that it ignored, and how to end it as its deadline would. */
function ask(source: TimeSource, uptimeMs = host.uptimeMs) {
  const ignored: SourceError[] = []
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(new Error('the test waits no longer')), plenty)
  const late = new SourceError('timeout', 'late')
  const context = {
    host: { ...host, uptimeMs },
    signal: deadline.signal,
    onIgnored: (error: SourceError) => void ignored.push(error),
  }
  const sample = source.measure(context).finally(() => clearTimeout(timer))
  return { sample, ignored, giveUp: () => deadline.abort(late), late }
}

/** A measurement in which nothing that comes is good: it ends when something was ignored, or lost. */
async function askInVain(source: TimeSource, isOver?: () => boolean): Promise<readonly SourceError[]> {
  const { sample, ignored, giveUp, late } = ask(source)
  const outcome = sample.then(
    () => 'measured',
    error => error,
  )
  await eventually(async () => {
    if (!(isOver?.() ?? ignored.length > 0)) throw new Error('nothing has happened')
  })
  giveUp()
  expect(await outcome).toBe(late)
  return ignored
}

function reasons(ignored: readonly SourceError[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { reason } of ignored) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}

/** A real NTS server behind a relay that does what the test says, and who asks it. */
async function startBehindRelay() {
  const authority = await CertificateAuthority.create()
  const certificate = await authority.issue()
  const server = await startNtsServer({ ...honest, certificate, address: behindRelay })
  const passages: {
    request?: RelayOptions['request'] | undefined
    reply?: RelayOptions['reply'] | undefined
  } = {}
  const requests: Buffer[] = []
  const relay = await startNtsRelay(server, {
    request: (bytes, index) => {
      requests.push(bytes)
      return passages.request?.(bytes, index) ?? [{ bytes }]
    },
    reply: (bytes, index) => passages.reply?.(bytes, index) ?? [{ bytes }],
  })
  const source = nts(`localhost:${server.ntsPort}`, { ca: authority.pem })
  /** The same server anew, which has forgotten its keys. */
  const restart = async (running: NtsServer = server): Promise<NtsServer> => {
    await end(running.process)
    const { port, ntsPort } = server
    return eventually(() => startNtsServer({ ...honest, certificate, address: behindRelay, port, ntsPort }))
  }
  return { server, relay, passages, requests, source, restart }
}

function fieldsOf(request: Uint8Array, type: number): readonly Uint8Array[] {
  return decodeFields(request, headerBytes)
    .filter(field => field.type === type)
    .map(({ body }) => body)
}

describe('a server that is off', () => {
  it.each([0, 2500, -150_000, 50, 2_000_000])('by %d ms is measured so', async offsetMs => {
    const authority = await CertificateAuthority.create()
    const server = await startNtsServer({ ...honest, certificate: await authority.issue(), offsetMs })
    const source = nts(`127.0.0.1:${server.ntsPort}`, { ca: authority.pem })
    expect(source.name).toBe(`nts:127.0.0.1:${server.ntsPort}`)
    for (let count = 0; count < 10; count++) {
      const { monotonicMs, timeMs, errorMs } = await ask(source).sample
      const [before, wallMs, after] = [host.monotonicMs(), host.wallMs(), host.monotonicMs()]
      const measuredMs = timeMs - (wallMs - (before - monotonicMs))
      // The wall clock is read in whole ms.
      expect(Math.abs(measuredMs - offsetMs)).toBeLessThanOrEqual(errorMs + (after - before) + 1)
      expect(errorMs).toBeGreaterThan(0)
    }
  })

  it('moves a clock as far as it must: it is authenticated', async () => {
    const authority = await CertificateAuthority.create()
    const server = await startNtsServer({
      ...honest,
      certificate: await authority.issue(),
      offsetMs: 5_000_000,
    })
    const source = nts(`127.0.0.1:${server.ntsPort}`, { ca: authority.pem })
    const clock = await createClock({ sources: [source], timeout: '30s' })
    onTestFinished(() => clock.close())
    expect(clock.status).toBe('synchronized')
    expect(Math.abs((clock.wallOffsetMs ?? 0) + 5_000_000)).toBeLessThan(1000)
    expect(clock.sources).toMatchObject([{ authenticated: true, status: 'selected', errors: {} }])
  })
})

describe('a server', () => {
  it('is asked by IPv6', async () => {
    const authority = await CertificateAuthority.create()
    const certificate = await authority.issue({ names: ['IP:::1'] })
    const server = await startNtsServer({ ...honest, certificate, lines: ['bindaddress ::1', 'allow ::1'] })
    const source = nts(`[::1]:${server.ntsPort}`, { ca: authority.pem })
    expect(await ask(source).sample).toMatchObject({ errorMs: expect.any(Number) })
  })

  it('that does not know the time is believed when it says so', async () => {
    const authority = await CertificateAuthority.create()
    const server = await startNtsServer({ certificate: await authority.issue() })
    const source = nts(`localhost:${server.ntsPort}`, { ca: authority.pem })
    for (let count = 0; count < 10; count++) {
      const { sample, ignored } = ask(source)
      await expect(sample).rejects.toMatchObject({ reason: 'unsynchronized' })
      expect(ignored).toEqual([])
    }
  })

  it.each(['', 'host:0', 'a b', 'host:4460:1'])('is refused as %j', server => {
    expect(() => nts(server)).toThrow(/^server: /)
  })

  it.each(['', 'ca.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'])(
    'cannot rest on %j',
    ca => {
      expect(() => nts('localhost', { ca })).toThrow(/^ca: it holds no certificate/)
    },
  )
})

describe('a certificate', () => {
  const dayMs = 86_400_000
  it.each<[string, CertificateOptions, RegExp]>([
    [
      'for another name',
      { names: ['DNS:other.example'] },
      /cannot be trusted: ERR_TLS_CERT_ALTNAME_INVALID$/,
    ],
    ['that has expired', { beginsInMs: -2 * dayMs }, /has expired, if it is 20.*wall clock says; renew/],
    ['that is not valid yet', { beginsInMs: dayMs }, /is not valid yet, if it is 20.*wall clock says/],
  ])('%s is refused', async (_name, options, message) => {
    const authority = await CertificateAuthority.create()
    const server = await startNtsServer({ ...honest, certificate: await authority.issue(options) })
    const { sample } = ask(nts(`localhost:${server.ntsPort}`, { ca: authority.pem }))
    await expect(sample).rejects.toMatchObject({
      code: 'ERR_TIME_SOURCE',
      reason: 'unauthenticated',
      message: expect.stringMatching(message),
      retryAfterMs: 10_000,
    })
  })

  it('of an authority that is not trusted is refused, whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    // Node warns of it.
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    onTestFinished(() => {
      vi.unstubAllEnvs()
      vi.restoreAllMocks()
    })
    const [authority, other] = [await CertificateAuthority.create(), await CertificateAuthority.create()]
    const server = await startNtsServer({ ...honest, certificate: await authority.issue() })
    for (const options of [{ ca: other.pem }, {}]) {
      await expect(ask(nts(`localhost:${server.ntsPort}`, options)).sample).rejects.toMatchObject({
        reason: 'unauthenticated',
        message: expect.stringMatching(/^the certificate of localhost:\d+ cannot be trusted: /),
      })
    }
  })
})

/** As many datagrams as a socket surely holds. */
const few = 8

/** Copies with one byte changed in each: those at a range of positions. */
function changedIn(bytes: Buffer, from: number, to: number): { bytes: Uint8Array }[] {
  return [...bytes.subarray(from, to)].map((byte, index) => {
    const copy = Buffer.from(bytes)
    copy.writeUInt8(byte ^ (1 << index), from + index)
    return { bytes: copy }
  })
}

describe('a machine whose wall clock is wrong', () => {
  const daySeconds = 86_400
  async function measureOn(offsetSeconds: number, validFromSeconds: number) {
    const authority = await CertificateAuthority.create()
    const certificate = await authority.issue({ beginsInMs: validFromSeconds * 1000 })
    const server = await startNtsServer({ ...honest, certificate })
    const environment = { ...fakedClock(offsetSeconds), NODE_EXTRA_CA_CERTS: authority.path }
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
    const program = [process.execPath, measureOnce, `nts:localhost:${server.ntsPort}`]
    return JSON.parse(await run('env', [...variables, ...program], process.cwd()))
  }

  it.each([-11 * 3600, 11 * 3600])(
    'by %d s, within the validity of the certificate, knows it',
    async offsetSeconds => {
      const { wallOffsetMs, errorMs } = await measureOn(offsetSeconds, -daySeconds / 2)
      expect(Math.abs(wallOffsetMs - offsetSeconds * 1000)).toBeLessThanOrEqual(errorMs + 1)
    },
  )

  it.each([
    [-400 * daySeconds, /is not valid yet, if it is 20.*Z as this machine's wall clock says; renew/],
    [400 * daySeconds, /has expired, if it is 20.*Z as this machine's wall clock says; renew/],
  ])('by %d s, beyond it, says so and measures nothing', async (offsetSeconds, message) => {
    expect(await measureOn(offsetSeconds, 0)).toEqual({
      reason: 'unauthenticated',
      message: expect.stringMatching(message),
    })
  })
})

describe('on the way', () => {
  it('a reply with any byte changed is ignored', async () => {
    const { passages, source } = await startBehindRelay()
    let bytesOfReply = 1
    const all: SourceError[] = []
    for (let from = 0; from < bytesOfReply; from += few) {
      passages.reply = bytes => {
        bytesOfReply = bytes.length
        return [...changedIn(bytes, from, from + few), { bytes }]
      }
      const { sample, ignored } = ask(source)
      await sample
      expect(ignored.length).toBe(Math.min(few, bytesOfReply - from))
      all.push(...ignored)
    }
    expect(bytesOfReply).toBeGreaterThan(200)
    expect(Object.keys(reasons(all)).toSorted()).toEqual(['malformed', 'mismatched', 'unauthenticated'])
  })

  it('a request with any byte changed is not answered, or not so that it would be believed', async () => {
    const { passages, source, relay } = await startBehindRelay()
    let bytesOfRequest = 1
    const all: SourceError[] = []
    for (let from = 0; from < bytesOfRequest; from += few) {
      passages.request = bytes => {
        bytesOfRequest = bytes.length
        return [...changedIn(bytes, from, from + few), { bytes }]
      }
      const { sample, ignored } = ask(source)
      await sample
      all.push(...ignored)
    }
    expect(bytesOfRequest).toBeGreaterThan(200)
    expect(Object.keys(reasons(all)).toSorted()).toEqual(['mismatched', 'unauthenticated'])
    expect(relay.keyEstablishments()).toBe(1)
  })

  it('an old reply is ignored, and so is a second one', async () => {
    const { passages, source } = await startBehindRelay()
    let old: Buffer | undefined
    passages.reply = bytes => {
      const replayed = old === undefined ? [] : [{ bytes: old }]
      old = bytes
      return [...replayed, { bytes }, { bytes }]
    }
    for (let count = 0; count < 5; count++) {
      const { sample, ignored } = ask(source)
      await sample
      expect(reasons(ignored)).toEqual(count === 0 ? {} : { mismatched: 1 })
    }
    const first = old
    passages.reply = () => (first === undefined ? [] : [{ bytes: first }])
    expect(reasons(await askInVain(source))).toEqual({ mismatched: 1 })
  })

  it.each<[string, (reply: Buffer) => Uint8Array, string]>([
    ['without authenticator', reply => reply.subarray(0, headerBytes + identifierBytes), 'unauthenticated'],
    ['without anything of NTS', reply => reply.subarray(0, headerBytes), 'unauthenticated'],
    ['of nothing', () => new Uint8Array(), 'malformed'],
    ['of half a header', reply => reply.subarray(0, 30), 'malformed'],
    ['without its last byte', reply => reply.subarray(0, -1), 'malformed'],
    ['without its last four bytes', reply => reply.subarray(0, -4), 'malformed'],
    ['with four bytes more', reply => Buffer.concat([reply, Buffer.alloc(4)]), 'malformed'],
    ['of 9000 bytes', reply => Buffer.concat([reply, Buffer.alloc(9000 - reply.length)]), 'malformed'],
  ])('a reply %s is ignored', async (_name, change, reason) => {
    const { passages, source } = await startBehindRelay()
    passages.reply = bytes => [{ bytes: change(bytes) }]
    expect(reasons(await askInVain(source))).toEqual({ [reason]: 1 })
    passages.reply = bytes => [{ bytes: change(bytes) }, { bytes }]
    const { sample, ignored } = ask(source)
    await sample
    expect(reasons(ignored)).toEqual({ [reason]: 1 })
  })
})

/** What a server says that does not know a cookie, or anybody who has seen the request. */
function forgeNak(reply: Buffer): Buffer {
  const nak = Buffer.from(reply.subarray(0, headerBytes + identifierBytes))
  nak.writeUInt8(0, 1)
  nak.write('NTSN', 12, 'latin1')
  return nak
}

describe('cookies', () => {
  it('are used once each, and asked for again as they are lost', async () => {
    const { passages, requests, source, relay } = await startBehindRelay()
    let lost = 0
    for (let count = 0; count < 30; count++) {
      if (count % 10 < 4) {
        await ask(source).sample
        continue
      }
      passages.reply = () => {
        lost += 1
        return []
      }
      const before = lost
      await askInVain(source, () => lost > before)
      passages.reply = undefined
    }
    const used = requests.flatMap(request => fieldsOf(request, fieldType.cookie))
    expect(used.length).toBe(30)
    expect(new Set(used.map(cookie => Buffer.from(cookie).toString('hex'))).size).toBe(30)
    const wanted = requests.map(request => fieldsOf(request, fieldType.cookiePlaceholder).length)
    // Six in ten are lost; the first reply after them makes up for it.
    const round = [0, 0, 0, 0, 0, 1, 2, 3, 4, 5]
    expect(wanted).toEqual([...round, 6, ...round.slice(1), 6, ...round.slice(1)])
    expect(relay.keyEstablishments()).toBe(1)
  })

  it('are renewed with the keys after eight lost packets', async () => {
    const { passages, requests, source, relay } = await startBehindRelay()
    await ask(source).sample
    passages.request = () => []
    for (let count = 0; count < 8; count++) {
      await askInVain(source, () => requests.length === count + 2)
    }
    passages.request = undefined
    expect(relay.keyEstablishments()).toBe(1)
    await ask(source).sample
    expect(relay.keyEstablishments()).toBe(2)
  })

  it('that a restarted server does not know are renewed with the keys', async () => {
    const { source, relay, restart } = await startBehindRelay()
    await ask(source).sample
    let server = await restart()
    for (const established of [2, 3]) {
      for (let count = 0; count < 2; count++) {
        const ignored = await askInVain(source)
        expect(ignored.map(({ message }) => message)).toEqual([expect.stringMatching(/NTS NAK/)])
        expect(reasons(ignored)).toEqual({ unauthenticated: 1 })
      }
      await ask(source).sample
      expect(relay.keyEstablishments()).toBe(established)
      if (established === 2) server = await restart(server)
    }
  })

  it('are not given up because somebody says once that they are not known', async () => {
    const { passages, source, relay } = await startBehindRelay()
    await ask(source).sample
    passages.reply = bytes => [{ bytes: forgeNak(bytes) }, { bytes }]
    for (let count = 0; count < 5; count++) await ask(source).sample
    for (let count = 0; count < 3; count++) {
      passages.reply = bytes => [{ bytes: forgeNak(bytes) }]
      await askInVain(source)
      passages.reply = undefined
      await ask(source).sample
    }
    expect(relay.keyEstablishments()).toBe(1)
  })
})

describe('key establishment', () => {
  it('is not repeated sooner than the server can bear, until a reply was authenticated', async () => {
    const { passages, source, relay } = await startBehindRelay()
    passages.reply = bytes => [{ bytes: forgeNak(bytes) }]
    let uptimeMs = 1_000_000
    const inVain = async () => {
      await askInVain({ ...source, measure: context => source.measure(at(context)) })
    }
    const at = <T extends { host: typeof host }>(context: T): T => ({
      ...context,
      host: { ...host, uptimeMs: () => uptimeMs },
    })
    for (const [index, waitMs] of [10_000, 15_000, 22_500].entries()) {
      await inVain()
      await inVain()
      uptimeMs += waitMs - 1
      await expect(ask(source, () => uptimeMs).sample).rejects.toMatchObject({
        reason: 'unreachable',
        message: expect.stringMatching(
          /^new keys of localhost:\d+ cannot be asked for within the next 1ms; /,
        ),
        retryAfterMs: 1,
      })
      uptimeMs += 1
      expect(relay.keyEstablishments()).toBe(index + 1)
    }
    passages.reply = undefined
    await ask(source, () => uptimeMs).sample
    expect(relay.keyEstablishments()).toBe(4)
    passages.reply = bytes => [{ bytes: forgeNak(bytes) }]
    await inVain()
    await inVain()
    passages.reply = undefined
    await ask(source, () => uptimeMs).sample
    expect(relay.keyEstablishments()).toBe(5)
  })

  it('is repeated every four weeks, whether or not there are cookies', async () => {
    const { source, relay } = await startBehindRelay()
    const weekMs = 7 * 86_400_000
    for (const [uptimeMs, established] of [
      [1000, 1],
      [1000 + 4 * weekMs - 1, 1],
      [1000 + 4 * weekMs, 2],
      [1000 + 8 * weekMs - 1, 2],
      [1000 + 8 * weekMs, 3],
    ] as const) {
      await ask(source, () => uptimeMs).sample
      expect(relay.keyEstablishments()).toBe(established)
    }
  })
})
