import { expect, it } from 'vitest'
import { isReadByOthers } from './secret-file.ts'

it.each([
  { mode: 0o600, uid: 1000, by: 1000, expected: false },
  { mode: 0o400, uid: 1000, by: 1000, expected: false },
  { mode: 0o640, uid: 1000, by: 1000, expected: true },
  { mode: 0o604, uid: 1000, by: 1000, expected: true },
  { mode: 0o440, uid: 0, by: 1000, expected: false },
  { mode: 0o640, uid: 0, by: 1000, expected: false },
  { mode: 0o460, uid: 0, by: 1000, expected: true },
  { mode: 0o444, uid: 0, by: 1000, expected: true },
  { mode: 0o440, uid: 0, by: 0, expected: true },
])('$mode of $uid, read by $by', ({ mode, uid, by, expected }) => {
  expect(isReadByOthers({ mode, uid }, by)).toBe(expected)
})
