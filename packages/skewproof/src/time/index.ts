export {
  type Duration,
  type DurationLimits,
  formatDuration,
  OptionError,
  parseDurationMs,
} from './duration.ts'
export { formatInstant, maxInstantMs } from './instant.ts'
