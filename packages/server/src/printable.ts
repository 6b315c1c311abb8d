/** Text without what a terminal would obey; some of what is printed was written by others. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, '?')
}
