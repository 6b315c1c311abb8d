import { readFileSync } from 'node:fs'

/** The user that a page gives the least that it must be allowed, as `ACL SETUSER` takes it. */
export function aclOf(page: 'redis.md' | 'fleet.md'): readonly string[] {
  const text = readFileSync(new URL(`../../../../docs/${page}`, import.meta.url), 'utf8')
  const [, user] = /```acl\nuser (.*)\n/.exec(text) ?? []
  if (user === undefined) throw new Error(`docs/${page} names no user`)
  return user.split(' ')
}
