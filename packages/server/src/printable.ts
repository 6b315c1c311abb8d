/** Text without what a terminal would obey; some of what is printed was written by others. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, '?')
}

/** JSON of the same value, in which what a terminal would obey, or be turned round by, is escaped. JSON itself leaves it from U+007F on. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/[^\P{C}\n]/gu, escaped)
}

function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))
  return units.map(unit => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
