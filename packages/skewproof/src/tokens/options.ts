import type { Clock } from '../clock/clock.ts'
import { OptionError } from '../time/index.ts'
import type { TokenStore } from './store.ts'

/** @throws OptionError unless it is a string that is not empty */
export function requireText(option: string, value: unknown, maxLength = 2048): string {
  if (typeof value !== 'string' || value === '')
    throw new OptionError(option, 'it must be a string that is not empty')
  if (value.length > maxLength) throw new OptionError(option, `it is longer than ${maxLength} characters`)
  return value
}

/** @throws OptionError unless it is a whole number in the range */
export function requireCount(option: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new OptionError(option, `use a whole number from ${min} to ${max}`)
  }
  return value
}

/** @throws OptionError unless it is a clock; the promise of one, which nobody awaited, is none */
export function requireClock<T extends Clock>(clock: T | undefined): T {
  if (typeof clock?.now !== 'function')
    throw new OptionError('clock', 'give a clock, as `await createClock()` makes it')
  return clock
}

/** @throws OptionError unless it is a store */
export function requireStore(store: TokenStore | undefined): TokenStore {
  if (typeof store?.findToken !== 'function')
    throw new OptionError('store', "give a store, such as memoryStore() of 'skewproof/memory'")
  return store
}
