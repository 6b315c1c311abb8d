/** How many hash slots every cluster has. */
const slotCount = 16_384

/** CRC-16/XMODEM of each byte. */
const crcTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)
  return crc
})

/** The hash slot of a key: of what stands in its first braces, or of all of it. */
export function slotOf(key: string): number {
  const tag = /\{([^}]+)\}/.exec(key)
  let crc = 0
  for (const byte of Buffer.from(tag !== null && tag.index === key.indexOf('{') ? (tag[1] ?? '') : key))
    crc = ((crc << 8) & 0xffff) ^ (crcTable[(crc >> 8) ^ byte] ?? 0)
  return crc % slotCount
}

/**
 * The hash tags of so many shards, which lie evenly over the slots, so that they do over the primaries: each is the smallest
 * number whose slot lies in its part of them.
 */
export function shardTags(count: number): readonly string[] {
  const tags: (string | undefined)[] = Array.from({ length: count })
  for (let number = 0, missing = count; missing > 0; number += 1) {
    const shard = Math.floor((slotOf(String(number)) * count) / slotCount)
    if (tags[shard] !== undefined) continue
    tags[shard] = String(number)
    missing -= 1
  }
  return tags.filter(tag => tag !== undefined)
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The shard of what begins with this tag of a subject, or is one (`subjectTag`). */
export function shardOf(tag: string, count: number): number {
  return Math.floor((Math.max(0, digits.indexOf(tag.charAt(0))) * count) / digits.length)
}
