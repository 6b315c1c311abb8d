import { expect, it } from 'vitest'
import { ManualHostClock } from '../clock/manual.ts'
import { OptionError } from '../time/index.ts'
import { parseSource } from './parse.ts'

it('makes the source that the text names', async () => {
  const source = parseSource('system')
  const host = new ManualHostClock(1_800_000_000_000)
  const context = { host, signal: new AbortController().signal }
  expect(source.name).toBe('system')
  expect(await source.measure(context)).toEqual({ monotonicMs: 0, timeMs: 1_800_000_000_000, errorMs: 100 })
})

it.each([
  ['sntp:time.example.com', 'sntp:time.example.com'],
  ['sntp:127.0.0.1:1123', 'sntp:127.0.0.1:1123'],
  ['sntp:[::1]:123', 'sntp:::1'],
  ['nts:time.example.com', 'nts:time.example.com'],
  ['nts:[::1]:4460', 'nts:::1'],
  ['nts:127.0.0.1:14460', 'nts:127.0.0.1:14460'],
  ['aws', 'aws'],
  ['timesyncd', 'timesyncd'],
  ['ntpd', 'ntpd'],
  ['ntpd:127.0.0.1', 'ntpd'],
  ['ntpd:192.0.2.1:1123', 'ntpd:192.0.2.1:1123'],
  ['https://time.example.com', 'https://time.example.com/clock'],
  ['https://time.example.com/api/clock?key=secret', 'https://time.example.com/api/clock'],
  ['redis://cache.test#serverError=200ms', 'redis://cache.test'],
  ['rediss://:secret@[::1]:7000', 'rediss://[::1]:7000'],
  ['http://[::1]:8787/health#serverError=200ms', 'http://[::1]:8787/health'],
  ['chrony', 'chrony'],
  ['chrony:127.0.0.1:20324', 'chrony:127.0.0.1:20324'],
  ['chrony:[::1]:20324', 'chrony:[::1]:20324'],
  ['chrony:localhost', 'chrony:localhost'],
  ['chrony:/run/chrony/chronyd.sock', 'chrony:/run/chrony/chronyd.sock'],
])('makes %s, which is shown as %s', (text, name) => {
  expect(parseSource(text).name).toBe(name)
})

it.each(['', 'sytem', 'system:', 'aws:', 'sntp', 'nts', 'x'.repeat(1000)])(
  'refuses %j, and says what there is',
  text => {
    expect(() => parseSource(text)).toThrowError(/source: '.*' is not known; use .*, system/)
  },
)

it.each([
  ['redis:', /url: use redis:/],
  ['redis://:pass#word@cache.test', /^source: what follows the # of an address/],
  ['https:', /'https:' is not a URL/],
  ['https://', /is not a URL/],
  ['https://user:secret@time.example.com/', /^url: a URL with a password in it cannot be used/],
  ['https://time.example.com/#serverErr=1s', /can only be serverError=DURATION/],
  ['https://time.example.com/#serverError=soon', /serverError: 'soon' is not a duration/],
])('refuses %j', (text, message) => {
  expect(() => parseSource(text)).toThrowError(message)
})

it.each(['nts:', 'sntp:', 'sntp:a b', 'sntp:host:0', 'chrony:', 'chrony:run/chronyd.sock', 'chrony:host:0'])(
  'refuses %j',
  text => {
    expect(() => parseSource(text)).toThrowError(/(server|chrony): '.*' /)
  },
)

it.each(['Redis://:s3cret@host', 'redis+tls://user:s3cret@host', 'https://user:s3cret@ho st'])(
  'does not repeat the password of %s',
  text => {
    expect(() => parseSource(text)).toThrow(OptionError)
    expect(() => parseSource(text)).not.toThrow(/s3cret/)
  },
)
