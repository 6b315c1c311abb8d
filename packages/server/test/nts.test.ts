import { expect, it } from 'vitest'
import { CertificateAuthority } from '../../../test/support/certificates.ts'
import { startNtsServer } from '../../../test/support/nts.ts'
import { eventually } from './support/processes.ts'
import { startService } from './support/service.ts'

it.each([-150, 180, -36_000])(
  'a service that is %d s off knows it from an NTS server',
  async offsetSeconds => {
    const authority = await CertificateAuthority.create()
    // Valid for the service, too, by its own wall clock.
    const certificate = await authority.issue({ beginsInMs: -43_200_000 })
    const server = await startNtsServer({ localStratum: 1, certificate })
    const service = await startService({
      offsetSeconds,
      args: ['--source', `nts:localhost:${server.ntsPort}`],
      env: { NODE_EXTRA_CA_CERTS: authority.path },
    })
    await eventually(async () => {
      const { body } = await service.request('GET', '/health')
      expect(body.clock.status).toBe('synchronized')
      // The offset is known to the bound, and the wall clock to a whole ms.
      expect(Math.abs(body.ntpOffset - offsetSeconds * 1000)).toBeLessThanOrEqual(body.clock.errorMs + 2)
    })
  },
)
