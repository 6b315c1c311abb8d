export {
  type Duration,
  type DurationLimits,
  formatDuration,
  OptionError,
  parseDurationMs,
} from './duration.ts'
export { formatHttpDate, parseHttpDate } from './http-date.ts'
export { formatInstant, maxInstantMs } from './instant.ts'
