/** What does not show, or makes other text show otherwise: controls, marks of direction, what joins and what has no width. */
const hidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu

/** Text that others wrote, such as a subject, with everything in it to be seen. */
export function visible(text: string, maxLength = 4096): string {
  const shown = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
  return shown.replace(hidden, character => {
    const code = (character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')
    return code.length > 4 ? `\\u{${code}}` : `\\u${code}`
  })
}

/** Claims as JSON over several lines. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map(line => visible(line))
    .join('\n')
}
