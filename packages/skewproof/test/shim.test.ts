import { expect, it } from 'vitest'
import { startChronyd, synchronized } from '../../../test/support/chronyd.ts'

it.each([2500, -150_000, 50, -3])(
  'a daemon under the shim is wrong by %d ms, in its packets too',
  async offsetMs => {
    const server = await startChronyd({ localStratum: 1 })
    const client = await startChronyd({ offsetMs, servers: [{ port: server.port }] })
    await synchronized(client)
    const fields = (await client.chronyc('-c', 'tracking')).split(',')
    // chrony's sign: how far its clock is behind.
    expect(Number(fields[4]) * 1000).toBeCloseTo(-offsetMs, 0)
  },
)
