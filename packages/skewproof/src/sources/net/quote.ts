/** Text that a user wrote, for an error about it: not too long, and without the password that an address may hold. */
export function quote(text: string): string {
  const [scheme = ''] = text.split(':')
  return text.includes('@') ? `'${scheme.slice(0, 80)}:...'` : `'${text.slice(0, 80)}'`
}
