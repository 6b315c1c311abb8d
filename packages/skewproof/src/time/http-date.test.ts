import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatHttpDate, parseHttpDate } from './http-date.ts'

const referenceMs = Date.UTC(2026, 10, 23, 12)
const parse = (text: string): number | undefined => parseHttpDate(text, referenceMs)

/** The two obsolete formats, written from the one in use. */
function obsolete(fixdate: string): { rfc850: string; asctime: string } {
  const [weekday = '', day = '', month = '', year = '', time = ''] = fixdate.replace(',', '').split(' ')
  const fullNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
  const fullName = fullNames.find(name => name.startsWith(weekday))
  return {
    rfc850: `${fullName}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
    asctime: `${weekday} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`,
  }
}

describe('parseHttpDate', () => {
  // The examples of RFC 9110, 5.6.7.
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT'],
    ['Sunday, 06-Nov-94 08:49:37 GMT'],
    ['Sun Nov  6 08:49:37 1994'],
  ])('reads %s', text => {
    expect(parse(text)).toBe(784_111_777_000)
  })

  it.each([
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Wed, 31 Dec 1969 23:59:59 GMT', -1000],
    ['Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29)],
    ['Wed Nov 23 23:59:59 2016', Date.UTC(2016, 10, 23, 23, 59, 59)],
    ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2017, 0, 1)],
    ['Fri, 31 Dec 9999 23:59:59 GMT', Date.UTC(9999, 11, 31, 23, 59, 59)],
    ['Fri, 01 Jan 0099 00:00:00 GMT', undefined],
    ['Thu, 01 Jan 0099 00:00:00 GMT', Date.parse('0099-01-01T00:00:00Z')],
  ])('reads %s as %d', (text, timeMs) => {
    expect(parse(text)).toBe(timeMs)
  })

  it.each([
    [''],
    ['now'],
    ['2026-11-23T12:00:00Z'],
    ['0'],
    ['Mon, 06 Nov 1994 08:49:37 GMT'],
    ['Sunday, 06 Nov 1994 08:49:37 GMT'],
    ['Sun, 06-Nov-94 08:49:37 GMT'],
    ['Sunday, 06-Nov-1994 08:49:37 GMT'],
    ['sun, 06 nov 1994 08:49:37 gmt'],
    ['Sun, 6 Nov 1994 08:49:37 GMT'],
    ['Sun, 06 Nov 94 08:49:37 GMT'],
    ['Sun, 06 Nov 1994 8:49:37 GMT'],
    ['Sun, 06 Nov 1994 08:49 GMT'],
    ['Sun, 06 Nov 1994 08:49:37'],
    ['Sun, 06 Nov 1994 08:49:37 UTC'],
    ['Sun, 06 Nov 1994 08:49:37 +0000'],
    ['Sun, 06 Nov 1994 08:49:37.5 GMT'],
    [' Sun, 06 Nov 1994 08:49:37 GMT'],
    ['Sun, 06 Nov 1994 08:49:37 GMT '],
    ['Sun, 06 Nov 1994 08:49:37 GMT\n'],
    ['Sun,  06 Nov 1994 08:49:37 GMT'],
    ['Sun Nov 06  08:49:37 1994'],
    ['Sun Nov 6 08:49:37 1994'],
    ['Sun, 06 Nov 1994 24:00:00 GMT'],
    ['Sun, 06 Nov 1994 08:60:00 GMT'],
    ['Sun, 06 Nov 1994 08:49:60 GMT'],
    ['Sun, 06 Nov 1994 23:59:61 GMT'],
    ['Sun, 00 Nov 1994 08:49:37 GMT'],
    ['Thu, 31 Nov 1994 08:49:37 GMT'],
    ['Sat, 29 Feb 2025 00:00:00 GMT'],
    ['Sun, 06 Foo 1994 08:49:37 GMT'],
    ['Mon, 06 Foo 1994 08:49:37 GMT'],
    ['Foo, 06 Nov 1994 08:49:37 GMT'],
    ['Sun, ٠٦ Nov 1994 08:49:37 GMT'],
  ])('refuses %j', text => {
    expect(parse(text)).toBeUndefined()
  })

  it('refuses what is too long', () => {
    expect(parse(`Sun, 06 Nov 1994 08:49:37 GMT${' '.repeat(1 << 20)}`)).toBeUndefined()
  })

  // RFC 9110, 5.6.7: what appears to be more than 50 years in the future is in the past. The 23rd of November 2076 is a Monday.
  it.each([
    ['just not too far ahead', 'Monday, 23-Nov-76 12:00:00 GMT', Date.UTC(2076, 10, 23, 12)],
    ['a second too far ahead', 'Tuesday, 23-Nov-76 12:00:01 GMT', Date.UTC(1976, 10, 23, 12, 0, 1)],
    ['too far ahead for its weekday', 'Monday, 23-Nov-76 12:00:01 GMT', undefined],
    ['the century of the reference', 'Monday, 23-Nov-26 12:00:00 GMT', referenceMs],
    ['a leap day', 'Tuesday, 29-Feb-00 00:00:00 GMT', Date.UTC(2000, 1, 29)],
  ])('reads a year of two digits: %s', (_, text, timeMs) => {
    expect(parse(text)).toBe(timeMs)
  })

  it('reads a year of two digits near the end of a century', () => {
    expect(parseHttpDate('Saturday, 01-Jan-05 00:00:00 GMT', Date.UTC(1999, 0, 1))).toBe(Date.UTC(2005, 0, 1))
  })

  it('knows no year of two digits without a reference', () => {
    expect(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT', Number.NaN)).toBeUndefined()
  })

  it('reads what it is given or says undefined, whatever it is', () => {
    const characters = [...'SunMonNovDec0123456789:,- GMT']
    const nearly = fc.string({ unit: fc.constantFrom(...characters), maxLength: 40 })
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearly), text => {
        const timeMs = parse(text)
        expect(timeMs === undefined || Number.isSafeInteger(timeMs)).toBe(true)
      }),
    )
  })
})

describe('formatHttpDate', () => {
  it.each([
    [784_111_777_000, 'Sun, 06 Nov 1994 08:49:37 GMT'],
    [784_111_777_999.9, 'Sun, 06 Nov 1994 08:49:37 GMT'],
    [-1, 'Wed, 31 Dec 1969 23:59:59 GMT'],
    [Date.parse('0000-01-01T00:00:00Z'), 'Sat, 01 Jan 0000 00:00:00 GMT'],
    [Date.parse('0000-01-01T00:00:00Z') - 1, undefined],
    [Date.parse('9999-12-31T23:59:59.999Z'), 'Fri, 31 Dec 9999 23:59:59 GMT'],
    [Date.parse('9999-12-31T23:59:59.999Z') + 1, undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
  ])('writes %d as %s', (timeMs, text) => {
    expect(formatHttpDate(timeMs)).toBe(text)
  })

  const years = [Date.parse('0000-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59Z')].map(ms => ms / 1000)
  const anySecond = fc.integer({ min: years[0] ?? 0, max: years[1] ?? 0 })

  it('is read back as the same second, in the current format and in that of asctime', () => {
    fc.assert(
      fc.property(anySecond, seconds => {
        const text = formatHttpDate(seconds * 1000) ?? ''
        expect(parse(text)).toBe(seconds * 1000)
        expect(parse(obsolete(text).asctime)).toBe(seconds * 1000)
      }),
    )
  })

  it('is read back from a year of two digits when it is within a century of the reference', () => {
    const century = { min: Date.UTC(1977, 0, 1) / 1000, max: referenceMs / 1000 + 49 * 365 * 86_400 }
    fc.assert(
      fc.property(fc.integer(century), seconds => {
        expect(parse(obsolete(formatHttpDate(seconds * 1000) ?? '').rfc850)).toBe(seconds * 1000)
      }),
    )
  })
})
