const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const time = '(?<time>\\d\\d:\\d\\d:\\d\\d)'
/** `Sun, 06 Nov 1994 08:49:37 GMT` */
const imfFixdate = new RegExp(
  `^(?<dayName>[A-Z][a-z]{2}), (?<day>\\d\\d) (?<month>[A-Z][a-z]{2}) (?<year>\\d{4}) ${time} GMT$`,
)
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const rfc850Date = new RegExp(
  `^(?<dayName>[A-Z][a-z]{5,8}), (?<day>\\d\\d)-(?<month>[A-Z][a-z]{2})-(?<year>\\d\\d) ${time} GMT$`,
)
/** `Sun Nov  6 08:49:37 1994` */
const asctimeDate = new RegExp(
  `^(?<dayName>[A-Z][a-z]{2}) (?<month>[A-Z][a-z]{2}) (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})$`,
)

/**
 * Reads a date in any of the three formats that a recipient must accept (RFC 9110, 5.6.7), and nothing else: the day of the
 * week has to be the right one, and a leap second is that of the end of a day.
 *
 * @param referenceMs about now: a year of two digits is the latest that is not more than 50 years after it
 * @returns ms since the Unix epoch, a whole second; `undefined` when it is no such date
 */
export function parseHttpDate(text: string, referenceMs: number): number | undefined {
  const groups = (imfFixdate.exec(text) ?? asctimeDate.exec(text) ?? rfc850Date.exec(text))?.groups
  if (groups === undefined) return undefined
  const { year = '', month = '', day = '', time: clock = '', dayName = '' } = groups
  const timeOfDayMs = readTimeOfDayMs(clock)
  if (timeOfDayMs === undefined) return undefined

  const inYear = (of: number): number | undefined => midnightMs(of, monthNames.indexOf(month), Number(day))
  const dayMs =
    year.length === 4 ? inYear(Number(year)) : latestCentury(Number(year), timeOfDayMs, referenceMs, inYear)
  if (dayMs === undefined || !isWeekday(dayName, dayMs)) return undefined
  return dayMs + timeOfDayMs
}

/** As the header fields `Date`, `Expires` and `Retry-After` carry it; `undefined` before the year 0 and after 9999. */
export function formatHttpDate(timeMs: number): string | undefined {
  const text = new Date(timeMs).toUTCString()
  return imfFixdate.test(text) ? text : undefined
}

/** Up to 23:59:60, the leap second. */
function readTimeOfDayMs(text: string): number | undefined {
  const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number)
  if (hours > 23 || minutes > 59 || (seconds > 59 && text !== '23:59:60')) return undefined
  return ((hours * 60 + minutes) * 60 + seconds) * 1000
}

/** The beginning of a day; `undefined` when there is no such month, or the month has no such day. */
function midnightMs(year: number, month: number, day: number): number | undefined {
  // Unlike `Date.UTC`, this takes the years 0 to 99 for what they are. A day that does not exist lies in another month.
  const date = new Date(new Date(0).setUTCFullYear(year, month, day))
  return date.getUTCMonth() === month ? date.getTime() : undefined
}

/** Whether a day has the name, in full or in three letters as its format has it. */
function isWeekday(name: string, dayMs: number): boolean {
  const weekday = dayNames.findIndex(full => full === name || full.slice(0, 3) === name)
  return weekday === new Date(dayMs).getUTCDay()
}

/** The day in the latest year with these two digits in which the instant is not more than 50 years after the reference. */
function latestCentury(
  twoDigits: number,
  timeOfDayMs: number,
  referenceMs: number,
  inYear: (year: number) => number | undefined,
): number | undefined {
  const reference = new Date(referenceMs)
  const latestYear = reference.getUTCFullYear() + 50
  const latestMs = reference.setUTCFullYear(latestYear)
  const year = latestYear - ((latestYear - twoDigits) % 100)
  const dayMs = inYear(year)
  return dayMs !== undefined && dayMs + timeOfDayMs > latestMs ? inYear(year - 100) : dayMs
}
