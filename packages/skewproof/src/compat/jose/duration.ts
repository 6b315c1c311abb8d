/** Seconds, as jose counts them: a year has 365.25 days. */
const unitSeconds = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
  ['w', 604_800],
  ['y', 31_557_600],
])

const pattern =
  /^([+-])? ?(\d+(?:\.\d+)?) ?(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|years?|yrs?|y)(?: (ago|from now))?$/i

/**
 * A time period as jose's documentation has it (`'2 hours'`, `'5m from now'`, `'-1 day'`), in whole seconds.
 *
 * @throws TypeError for any other text
 */
export function parsePeriodSeconds(text: string): number {
  const [, sign, count, unit = '', direction] = pattern.exec(text) ?? []
  const factor = unitSeconds.get(unit.charAt(0).toLowerCase())
  if (factor === undefined || (sign !== undefined && direction !== undefined))
    throw new TypeError('Invalid time period format')
  const seconds = Math.round(Number(count) * factor)
  return sign === '-' || direction?.toLowerCase() === 'ago' ? -seconds : seconds
}
