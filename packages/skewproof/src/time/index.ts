export {
  type Duration,
  type DurationLimits,
  formatDuration,
  parseDurationMs,
} from './duration.ts'
export {
  dateLagMs,
  type ExchangeMethod,
  exchangeOffset,
  intersection,
  type MsInterval,
  readClockBody,
  readTimeHeader,
  type ServerStamp,
} from './exchange.ts'
export { formatHttpDate, parseHttpDate } from './http-date.ts'
export { formatInstant, maxInstantMs } from './instant.ts'
export { OptionError } from './option-error.ts'
