export * from './clock/index.ts'
export * from './stores/index.ts'
export { type Duration, formatDuration, formatInstant, maxInstantMs, OptionError } from './time/index.ts'
export * from './tokens/index.ts'
