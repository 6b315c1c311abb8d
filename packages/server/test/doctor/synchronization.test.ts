import { describe, expect, it } from 'vitest'
import { type Chronyd, startChronyd, synchronized } from '../../../../test/support/chronyd.ts'
import { startNtpd } from '../../../../test/support/ntpd.ts'
import { requireSources, sourcesOf } from '../../src/doctor/gather-synchronization.ts'
import { type Examination, examine } from '../support/examine.ts'
import { runHere } from '../support/here.ts'
import { eventually, temporaryDirectory } from '../support/processes.ts'

interface TimeServer {
  readonly address: string
  readonly port: number
}

/** Servers of time, each off by so much, and at an address of its own: chronyd asks none twice. */
function startServers(...offsetsMs: readonly number[]): Promise<readonly TimeServer[]> {
  return Promise.all(
    offsetsMs.map(async (offsetMs, index) => {
      const address = `127.0.0.${11 + index}`
      const { port } = await startChronyd({ localStratum: 2, offsetMs, address })
      return { address, port }
    }),
  )
}

/** A host's chronyd, which asks these servers, and has chosen among them. */
async function startClient(servers: readonly TimeServer[], offsetMs = 0): Promise<Chronyd> {
  const lines = servers.map(
    ({ address, port }) => `server ${address} port ${port} iburst minpoll -4 maxpoll -4`,
  )
  const client = await startChronyd({ lines, offsetMs })
  await synchronized(client)
  return client
}

/** Run on the host of that chronyd: with the same clock. */
function examineHost(daemon: Chronyd): Promise<Examination> {
  return examine(['--source', `chrony:127.0.0.1:${daemon.commandPort}`], { env: daemon.clock.environment })
}

const statusOf = ({ checks }: Examination) =>
  Object.fromEntries(
    checks.filter(({ id }) => id.startsWith('time.')).map(({ id, status }) => [id.slice(5), status]),
  )

const good = {
  synchronized: 'pass',
  offset: expect.stringMatching(/pass|warn/),
  sources: 'pass',
  leap: 'pass',
  falsetickers: 'pass',
}

async function sourcesInState(daemon: Chronyd, state: string, count: number): Promise<void> {
  await eventually(async () => {
    const lines = (await daemon.chronyc('-c', 'sources')).trim().split('\n')
    const found = lines.filter(line => state.includes(line.split(',')[1] ?? '')).length
    if (found !== count) throw new Error(`${found} sources are '${state}':\n${lines.join('\n')}`)
  })
}

describe('a host with chronyd', () => {
  it('and four servers passes', async () => {
    const client = await startClient(await startServers(0, 0, 0, 0))
    await sourcesInState(client, '*+-', 4)
    const examined = await examineHost(client)
    expect(statusOf(examined)).toEqual(good)
    expect(examined.check('time.offset')?.message).toMatch(
      /^chrony:.* says that the wall clock is .* true time, ± /,
    )
  })

  it('and one server is warned', async () => {
    const client = await startClient(await startServers(0))
    expect(statusOf(await examineHost(client))).toEqual({ ...good, sources: 'warn' })
  })

  it('whose clock is wrong by 2.5 s fails', async () => {
    const client = await startClient(await startServers(0), 2500)
    const examined = await examineHost(client)
    expect(examined.ok).toBe(false)
    expect(statusOf(examined)).toEqual({ ...good, sources: 'warn', offset: 'fail' })
    expect(examined.check('time.offset')?.message).toMatch(/the wall clock is 2\.\ds ahead of true time/)
  })

  it('without servers fails', async () => {
    const examined = await examineHost(await startChronyd())
    expect(examined.ok).toBe(false)
    expect(statusOf(examined)).toMatchObject({ synchronized: 'fail', sources: 'fail', leap: 'fail' })
  })

  it('of whose servers one is wrong is told which', async () => {
    const client = await startClient(await startServers(0, 0, 0, 5000))
    await sourcesInState(client, 'x', 1)
    const examined = await examineHost(client)
    expect(statusOf(examined)).toEqual({ ...good, falsetickers: 'warn' })
    expect(examined.check('time.falsetickers')?.message).toMatch(/^the majority contradicts 127\.0\.0\.14, /)
  })

  it('that is not there fails', async () => {
    const daemon = await startChronyd()
    daemon.process.kill('SIGKILL')
    await eventually(async () => {
      if (daemon.process.signalCode === null) throw new Error('it still runs')
    })
    const examined = await examineHost(daemon)
    expect(statusOf(examined)).toMatchObject({ synchronized: 'fail' })
    expect(examined.check('time.synchronized')?.message).toMatch(/does not answer/)
  })
})

describe('a host without a name for its sources', () => {
  const chronyd = { name: 'chronyd', setsClock: true } as const
  const timesyncd = { name: 'systemd-timesyncd', setsClock: true } as const

  it.each([
    [[], []],
    [['chrony'], [chronyd, chronyd]],
    [
      ['chrony', 'timesyncd'],
      [chronyd, timesyncd],
    ],
    [['timesyncd'], [{ ...chronyd, setsClock: false }, timesyncd]],
    [['ntpd'], [{ name: 'ntpd', setsClock: true } as const]],
  ])('asks %j, the daemons that set its clock', (names, daemons) => {
    expect(sourcesOf(daemons)).toEqual(names)
    expect(() => requireSources(names)).not.toThrow()
  })
})

describe('another source', () => {
  it('is an ntpd whose clock is off', async () => {
    const server = await startChronyd({ localStratum: 1 })
    const ntpd = await startNtpd({ offsetMs: 2500, servers: [{ port: server.port }] })
    const source = ['--source', `ntpd:127.0.0.1:${ntpd.port}`]
    await eventually(async () =>
      expect(statusOf(await examine(source))).toMatchObject({ synchronized: 'pass' }),
    )
    await eventually(async () => {
      const examined = await examine(source, { env: ntpd.clock.environment })
      // It may be correcting it: half of that is in the bound.
      expect(statusOf(examined)).toMatchObject({ synchronized: 'pass', offset: 'warn', leap: 'skip' })
    })
  })

  it('is a server of NTP', async () => {
    const [server] = await startServers(3000)
    const examined = await examine(['--source', `sntp:${server?.address}:${server?.port}`])
    expect(statusOf(examined)).toMatchObject({ synchronized: 'pass', offset: 'fail', sources: 'skip' })
    expect(examined.check('time.offset')?.message).toMatch(/the wall clock is [23](\.\d)?s behind true time/)
  })

  it('is none: nothing is asked', async () => {
    expect(statusOf(await examine(['--source', 'none']))).toEqual({ synchronized: 'skip' })
  })

  it.each([
    [['--source', 'sundial'], /'sundial' is not known/],
    [['--source', 'chrony:127.0.0.1:none'], /chrony/],
    [['--source', 'none', '--source', 'chrony'], /cannot be used with other sources/],
  ])('is refused: %j', async (args, message) => {
    const { code, stdout, stderr } = await runHere(['doctor', ...args], { cwd: temporaryDirectory() })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
  })
})
