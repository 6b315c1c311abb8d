import type { ExpiryKey, Layout } from './layout.ts'
import { hashSubject } from './subject.ts'

/** How many dead records one transaction collects: it holds the write lock of the machine. */
export const maxCollected = 500

/** The keys of what has died by `nowMs`, oldest first; read-only. */
export function findDead(layout: Layout, nowMs: number, limit: number): readonly ExpiryKey[] {
  return [...layout.expiries.getKeys({ end: [nowMs, 'family', ''], limit })]
}

/** Collects dead records; within a write transaction. Another process may have been faster. */
export function collect(layout: Layout, dead: readonly ExpiryKey[]): void {
  for (const key of dead) {
    const [diesAtMs, kind, id] = key
    void layout.expiries.remove(key)
    switch (kind) {
      case 'token':
        removeToken(layout, id)
        break
      case 'family':
        // It may have been rotated since, which has put off its death.
        if (layout.families.get(id)?.diesAtMs === diesAtMs) void layout.families.remove(id)
        break
      case 'subject':
        if (layout.subjects.get(id)?.diesAtMs === diesAtMs) void layout.subjects.remove(id)
        break
    }
  }
}

/** Removes a token with its entries in the indexes; within a write transaction. */
function removeToken(layout: Layout, jti: string): void {
  const token = layout.tokens.get(jti)
  if (token === undefined) return
  void layout.tokens.remove(jti)
  void layout.subjectTokens.remove([hashSubject(token.subject), token.sequence])
  void layout.expiries.remove([token.diesAtMs, 'token', jti])
  if (token.status !== undefined) void layout.places.remove([token.status.list, token.status.index])
}
