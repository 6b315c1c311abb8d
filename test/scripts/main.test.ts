import { expect, it } from 'vitest'
import { nodeIsTooOld } from '../../scripts/lib/main.mjs'

it.each([
  ['18.20.4', true],
  ['20.18.3', true],
  ['20.19.0', false],
  ['22.0.0', false],
  ['24.1.0-nightly', false],
])('Node %s is too old: %s', (version, tooOld) => {
  expect(nodeIsTooOld(version)).toBe(tooOld)
})
