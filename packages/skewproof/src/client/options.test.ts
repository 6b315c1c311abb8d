import { describe, expect, it } from 'vitest'
import { detectClockSkew } from './detect-clock-skew.ts'
import { ClientError } from './errors.ts'
import { readUrl } from './scope.ts'
import { createServiceClient } from './service-client.ts'
import { createTokenClient } from './token-client.ts'

/** What JavaScript may leave out. */
const missing = {} as never

describe('an address that is none', () => {
  it.each<[string, () => unknown, string]>([
    ['no tokenUrl', () => createTokenClient(missing), 'tokenUrl: undefined is no URL'],
    ['no tokenUrl of a service', () => createServiceClient(missing), 'tokenUrl: undefined is no URL'],
    ['a relative one in Node', () => createTokenClient({ tokenUrl: '/token' }), 'tokenUrl: /token is no URL'],
    [
      'an origin without a scheme',
      () => createTokenClient({ tokenUrl: 'https://auth.test/token', origins: ['api.test'] }),
      'origins: api.test is no URL',
    ],
    // Relative to a page it would be "/undefined".
    [
      'none in a page',
      () => readUrl('url', undefined as never, 'https://page.test/'),
      'url: undefined is no URL',
    ],
  ])('is refused by the name of its option: %s', (_what, call, message) => {
    expect(call).toThrow(new ClientError('ERR_OPTION', message))
  })

  it('is refused by detectClockSkew, too', async () => {
    await expect(detectClockSkew(missing)).rejects.toMatchObject({ code: 'ERR_OPTION' })
    await expect(detectClockSkew(undefined as never)).rejects.toThrow('url: undefined is no URL')
  })
})
