import { describe, expect, it } from 'vitest'
import { parseOptions, type RedisStoreOptions } from './options.ts'

const url = 'redis://127.0.0.1:6379'

describe('the options of the Redis store', () => {
  it.each<[string, object]>([
    ['redis://host', { host: 'host', port: 6379, database: 0, tls: undefined }],
    ['redis://host:1/3', { host: 'host', port: 1, database: 3 }],
    ['redis://u%40:p%2F@[::1]:1/', { host: '::1', port: 1, username: 'u@', password: 'p/' }],
    ['rediss://:secret@host', { username: undefined, password: 'secret', tls: {} }],
  ])('take %s', (text, expected) => {
    expect(parseOptions({ url: text }).server).toMatchObject(expected)
  })

  it('take user and password from beside the URL first', () => {
    const { server } = parseOptions({ url: 'redis://a:b@host', username: 'c', password: 'd' })
    expect(server).toMatchObject({ username: 'c', password: 'd' })
  })

  it.each<[string, Partial<RedisStoreOptions>]>([
    ['url', { url: '' }],
    ['url', { url: 'localhost:6379' }],
    ['url', { url: 'http://host' }],
    ['url', { url: 'redis://' }],
    ['url', { url: 'redis://host/name' }],
    ['url', { url: 'redis://%zz@host' }],
    ['tls', { tls: {} }],
    ['url', { sentinel: { name: 'main', nodes: ['host:1'] } }],
    ['url', { cluster: { nodes: ['host:1'] } }],
    ['replicas', { replicas: -1 }],
    ['keyPrefix', { keyPrefix: '' }],
    ['keyPrefix', { keyPrefix: 'a{b}' }],
    ['keyPrefix', { keyPrefix: 'x'.repeat(101) }],
    ['maxStaleness', { maxStaleness: '99ms' }],
    ['maxStaleness', { maxStaleness: Number.NaN }],
    ['commandTimeout', { commandTimeout: 0 }],
  ])('refuse %s in %j', (option, changes) => {
    expect(() => parseOptions({ url, ...changes })).toThrow(expect.objectContaining({ option }))
  })

  it('take the addresses of Sentinels', () => {
    const sentinel = { name: 'main', nodes: ['host-1:26379', '[::1]:26380'], password: 'secret' }
    expect(parseOptions({ sentinel, username: 'user' })).toMatchObject({
      server: { username: 'user', password: undefined },
      sentinel: {
        name: 'main',
        nodes: [
          { host: 'host-1', port: 26379, password: 'secret' },
          { host: '::1', port: 26380, password: 'secret' },
        ],
      },
    })
  })

  it('take the addresses of a cluster', () => {
    const cluster = { nodes: ['host-1:7000', '[::1]:7001'] }
    expect(parseOptions({ cluster, username: 'user', tls: {} })).toMatchObject({
      server: { username: 'user', database: 0, tls: {} },
      cluster: { nodes: ['host-1:7000', '::1:7001'] },
    })
  })

  it.each([[[]], [['host']], [['redis://host:1']], [['host:123456']]])(
    'refuse %j for Sentinels and clusters',
    nodes => {
      const refused = (option: string) => expect.objectContaining({ option })
      expect(() => parseOptions({ sentinel: { name: 'main', nodes } })).toThrow(refused('sentinel'))
      expect(() => parseOptions({ cluster: { nodes } })).toThrow(refused('cluster'))
    },
  )

  it('never repeat a password', () => {
    for (const text of ['redis://u:sesame@host/x', 'http://u:sesame@host', 'redis://u:sesame%zz@host']) {
      expect(() => parseOptions({ url: text })).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('sesame') }),
      )
    }
  })
})
