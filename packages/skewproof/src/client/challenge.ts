/**
 * Whether another token may be accepted where this one was refused: the challenge says `invalid_token` (RFC 6750, 3.1), or
 * gives no reason, or a page may not see it.
 */
export function isCurable(challenge: string | null): boolean {
  // What is quoted does not count, but for the one reason. A quote that is never closed goes on to the end.
  const bare = (challenge ?? 'Bearer').replace(/"(invalid_token)"|"(?:[^"\\]|\\.)*"?/g, '$1-')
  return /\bbearer\b/i.test(bare) && !/\berror\s*=(?!\s*invalid_token\b)/i.test(bare)
}
