/** Identifiers of tokens and families are 1 to 64 characters of base64url. Anything else names nothing. */
export function isIdentifier(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id)
}
