/** Seconds from the NTP epoch (1900) to the Unix epoch (1970). */
const ntpToUnixSeconds = 2_208_988_800
const eraSeconds = 2 ** 32
/**
 * Timestamps count 136 years and begin again, next on 2036-02-07 (RFC 5905, 6). They are taken to lie in the 136 years from
 * 2020 on: this machine's own clock may be wrong by years, and must not decide.
 */
const earliestSeconds = 1_577_836_800

/** A 64-bit NTP timestamp as ms since the Unix epoch, to a quarter of a microsecond; `undefined` when it is not set. */
export function readTimestampMs(view: DataView, offset: number): number | undefined {
  const seconds = view.getUint32(offset)
  const fraction = view.getUint32(offset + 4)
  if (seconds === 0 && fraction === 0) return undefined
  const sinceUnix = seconds - ntpToUnixSeconds
  const eras = Math.ceil((earliestSeconds - sinceUnix) / eraSeconds)
  return (sinceUnix + eras * eraSeconds) * 1000 + (fraction * 1000) / 2 ** 32
}

/** A 32-bit NTP short format number (16.16 seconds) in ms. */
export function readShortMs(view: DataView, offset: number): number {
  return (view.getUint32(offset) * 1000) / 65_536
}
