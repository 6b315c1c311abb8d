/** A float of chrony's protocol: 7 bits of exponent and 25 of coefficient, both signed. */
export function readFloat(view: DataView, at: number): number {
  const bits = view.getInt32(at)
  const exponent = bits >> 25
  const coefficient = (bits << 7) >> 7
  return coefficient * 2 ** (exponent - 25)
}

/** In the upper half of the seconds: the lower half is all that there is. */
const noUpperSeconds = 0x7fffffff

/** Three 32-bit words: seconds since the Unix epoch, upper and lower half, and nanoseconds. */
export function readInstantMs(view: DataView, at: number): number {
  const upper = view.getUint32(at)
  const seconds = (upper === noUpperSeconds ? 0 : upper * 2 ** 32) + view.getUint32(at + 4)
  return seconds * 1000 + view.getUint32(at + 8) / 1e6
}

const ipv4 = 1
const ipv6 = 2

/** An address: 16 bytes and its family. `undefined` for none, or one that is not resolved. */
export function readAddress(view: DataView, at: number): string | undefined {
  const family = view.getUint16(at + 16)
  if (family === ipv4) return [0, 1, 2, 3].map(index => view.getUint8(at + index)).join('.')
  if (family !== ipv6) return undefined
  return formatIpv6(Array.from({ length: 8 }, (_, index) => view.getUint16(at + 2 * index)))
}

/** RFC 5952: the longest run of zeros is left out. */
function formatIpv6(groups: readonly number[]): string {
  const text = groups.map(group => group.toString(16)).join(':')
  const runs = [...text.matchAll(/(?<![^:])0(:0)+(?![^:])/g)]
  const [longest] = runs.sort((a, b) => b[0].length - a[0].length)
  if (longest === undefined) return text
  const before = text.slice(0, longest.index).replace(/:$/, '')
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '')
  return `${before}::${after}`
}

/** A reference id as chrony writes it. */
export function formatReferenceId(id: number): string {
  return id.toString(16).toUpperCase().padStart(8, '0')
}

/** The name that a reference clock's id spells: `PPS`, `GPS0`. */
export function referenceClockName(id: number): string {
  const characters = [24, 16, 8, 0].map(shift => (id >>> shift) & 0xff)
  const name = characters.filter(code => code > 0x20 && code < 0x7f)
  return String.fromCharCode(...name)
}
