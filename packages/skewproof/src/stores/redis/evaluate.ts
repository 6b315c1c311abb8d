import { createHash } from 'node:crypto'
import type { Answer, Connection } from './connection.ts'

/** SHA-1 of a text, which is how Redis knows it. */
const digests = new Map<string, string>()

/**
 * Runs a script, by its digest, and with its text where Redis does not know it: after a restart, a failover or a `SCRIPT FLUSH`.
 *
 * @param keys at least one, all in one hash slot
 * @param replicas how many of them are waited for
 * @throws Error as Redis answered it
 */
export async function evaluate(
  connection: Connection,
  text: string,
  keys: readonly [string, ...string[]],
  args: readonly (string | number)[],
  replicas = 0,
): Promise<Answer> {
  const rest = [String(keys.length), ...keys, ...args.map(String)]
  try {
    return await connection.send(keys[0], ['EVALSHA', digestOf(text), ...rest], replicas)
  } catch (error) {
    if (!isReply(error, 'NOSCRIPT')) throw error
    return connection.send(keys[0], ['EVAL', text, ...rest], replicas)
  }
}

/** Whether Redis refused with this code. */
export function isReply(error: unknown, code: string): boolean {
  return error instanceof Error && error.message.startsWith(`${code} `)
}

function digestOf(text: string): string {
  const known = digests.get(text)
  if (known !== undefined) return known
  const digest = createHash('sha1').update(text).digest('hex')
  digests.set(text, digest)
  return digest
}
