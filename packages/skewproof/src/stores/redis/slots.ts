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

/**
 * The part, of so many, to which what begins with a tag of a subject belongs (`subjectTag`), or the tag itself.
 *
 * @param count a power of 2, up to 2^18
 */
export function partOf(tag: string, count: number): number {
  let number = 0
  for (let index = 0; index < 3; index += 1)
    number = number * digits.length + Math.max(0, digits.indexOf(tag.charAt(index)))
  return Math.floor((number * count) / digits.length ** 3)
}
