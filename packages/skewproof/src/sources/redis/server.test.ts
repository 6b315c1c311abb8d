import { expect, it } from 'vitest'
import { nameOf, parseRedisUrl } from './server.ts'

it.each([
  ['redis://cache.test', { host: 'cache.test', port: 6379, isSecure: false }, 'redis://cache.test'],
  [
    'rediss://cache.test:6380/3',
    { host: 'cache.test', port: 6380, isSecure: true },
    'rediss://cache.test:6380',
  ],
  ['redis://[::1]:7000', { host: '::1', port: 7000, isSecure: false }, 'redis://[::1]:7000'],
  [
    'redis://clock:p%40ss@cache.test',
    { username: 'clock', password: 'p@ss', port: 6379 },
    'redis://cache.test',
  ],
  ['redis://:secret@cache.test', { username: undefined, password: 'secret' }, 'redis://cache.test'],
])('reads %s', (text, server, name) => {
  expect(parseRedisUrl(text)).toMatchObject(server)
  expect(nameOf(parseRedisUrl(text))).toBe(name)
})

it.each(['redis:', 'redis://', 'http://cache.test', 'cache.test', 'redis://u:se%cret@cache.test'])(
  'refuses %j',
  text => {
    expect(() => parseRedisUrl(text)).toThrow(/^url: (use redis:\/\/HOST:PORT|percent-encode)/)
  },
)
