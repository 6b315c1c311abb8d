import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../usage-error.ts'
import type { ClientCredentials } from './clients.ts'

const fileName = 'credentials.json'

export function credentialsPath(directory: string): string {
  return join(directory, fileName)
}

/**
 * Writes the file at once and whole, readable by its owner only.
 *
 * @throws UsageError when it cannot be written
 */
export function writeCredentials(directory: string, { clientId, clientSecret }: ClientCredentials): string {
  const path = credentialsPath(directory)
  const temporary = `${path}.${process.pid}`
  const text = `${JSON.stringify({ client_id: clientId, client_secret: clientSecret }, null, 2)}\n`
  try {
    writeFileSync(temporary, text, { mode: 0o600 })
    chmodSync(temporary, 0o600)
    renameSync(temporary, path)
  } catch {
    rmSync(temporary, { force: true })
    throw new UsageError(
      `the credentials cannot be written to ${path}; make room for them, then start with --reset-credentials`,
    )
  }
  return path
}

/** @throws UsageError when the file is missing or holds something else */
export function readCredentials(path: string): ClientCredentials {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw new UsageError(
      `the credentials cannot be read from ${path}; "skewproof serve" writes them on its first start, and with --reset-credentials`,
    )
  }
  if (typeof value === 'object' && value !== null && 'client_id' in value && 'client_secret' in value) {
    const { client_id: clientId, client_secret: clientSecret } = value
    if (typeof clientId === 'string' && typeof clientSecret === 'string') return { clientId, clientSecret }
  }
  throw new UsageError(`${path} does not hold {"client_id", "client_secret"}`)
}
