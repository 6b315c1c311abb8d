import { describe, expect, it } from 'vitest'
import { startChronyd } from '../../../test/support/chronyd.ts'
import { type Ntpd, startNtpd } from '../../../test/support/ntpd.ts'
import { end, eventually, freeUdpPort } from '../../../test/support/processes.ts'
import { sntp } from '../src/sources/index.ts'
import { context, patienceMs, sourceAt, startFollower } from './ntpd/follower.ts'

describe('ntpd is not believed', () => {
  it('without servers, without answers, and with control of the clock switched off', async () => {
    const server = await startChronyd({ localStratum: 1 })
    const [alone, unheard, disabled, orphan] = await Promise.all([
      startNtpd(),
      startNtpd({ servers: [{ port: await freeUdpPort() }] }),
      startNtpd({ servers: [{ port: server.port }], offsetMs: 2500, lines: ['disable ntp'] }),
      startNtpd({ lines: ['tos orphan 5 orphanwait 1'] }),
    ])
    const refusal = (daemon: Ntpd) => sourceAt(daemon.port).measure(context)
    const refused = (message: RegExp) =>
      expect.objectContaining({ reason: 'unsynchronized', message: expect.stringMatching(message) })
    await expect(refusal(alone)).rejects.toEqual(refused(/follows none/))
    await expect(refusal(unheard)).rejects.toEqual(refused(/follows none/))
    // It says that it is off by nothing, while its server says 2500 ms.
    await eventually(() => expect(refusal(disabled)).rejects.toEqual(refused(/not synchronised/)))
    // It serves time to others, but has none.
    await eventually(() =>
      expect(sntp(`127.0.0.1:${orphan.port}`).measure(context)).rejects.toThrow(/corrected/),
    )
    await expect(refusal(orphan)).rejects.toEqual(refused(/follows none/))
  })

  it('after it has lost its server', async () => {
    const { port, server } = await startFollower()
    const source = sourceAt(port)
    await eventually(() => source.measure(context))
    await end(server.process)
    // It goes on for eight polls.
    await eventually(
      () => expect(source.measure(context)).rejects.toMatchObject({ reason: 'unsynchronized' }),
      patienceMs,
    )
  }, 180_000)
})
