import { expect, it } from 'vitest'
import { OptionError } from '../../time/index.ts'
import { formatEndpoint, parseEndpoint } from './endpoint.ts'

it.each([
  ['time.example.com', 'time.example.com', 123],
  ['time.example.com:1123', 'time.example.com', 1123],
  ['ntp_1', 'ntp_1', 123],
  ['192.0.2.1', '192.0.2.1', 123],
  ['192.0.2.1:65535', '192.0.2.1', 65_535],
  ['::1', '::1', 123],
  ['[::1]', '::1', 123],
  ['[fe80::1%eth0]:4460', 'fe80::1%eth0', 4460],
])('reads %s', (text, host, port) => {
  expect(parseEndpoint('source', text, 123)).toEqual({ host, port })
})

it.each([
  '',
  ':123',
  'host:',
  'host:0',
  'host:65536',
  'host:1e3',
  'host: 5',
  'a b',
  '-host',
  '300.1.1.1',
  '1.2.3',
  '[::1',
  '[1.2.3.4]:5',
  '::1::2',
  'a'.repeat(64),
  `${'a.'.repeat(130)}a`,
  'host/path',
  '[::1]x:1',
])('refuses %j', text => {
  expect(() => parseEndpoint('source', text, 123)).toThrow(OptionError)
})

it('writes what it reads', () => {
  for (const text of ['time.example.com', 'a:5', '::1', '[::1]:5']) {
    expect(formatEndpoint(parseEndpoint('source', text, 123), 123)).toBe(text)
  }
})
