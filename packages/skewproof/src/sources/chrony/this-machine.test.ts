import { expect, it } from 'vitest'
import { isThisMachine } from './this-machine.ts'

const interfaces = { lo: [{ address: '127.0.0.1' }, { address: '::1' }], eth0: [{ address: '192.0.2.7' }] }

it.each([
  ['127.0.0.1', true],
  ['127.8.9.10', true],
  ['::1', true],
  ['192.0.2.7', true],
  ['192.0.2.70', false],
  ['12.7.0.1', false],
  ['::2', false],
])('%s: %s', (address, isOwn) => {
  expect(isThisMachine(address, interfaces)).toBe(isOwn)
})

it('knows the interfaces that there are', () => {
  expect(isThisMachine('127.0.0.1')).toBe(true)
  expect(isThisMachine('192.0.2.1')).toBe(false)
})
