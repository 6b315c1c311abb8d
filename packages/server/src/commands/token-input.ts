import { openSync, readFileSync, readSync, statSync } from 'node:fs'
import { UsageError } from '../usage-error.ts'

const maxTokenBytes = 65_536

/**
 * The token that a command is about: the argument itself, the content of the file that it names, or standard input for `-`
 * or none. A `Bearer` in front and white space around it are forgiven.
 */
export function readTokenInput(argument: string | undefined): string {
  const text = argument === undefined || argument === '-' ? readInput() : readFileOr(argument)
  const token = text.trim().replace(/^(authorization: *)?bearer +/i, '')
  if (token === '')
    throw new UsageError('there is no token: give it as an argument, a file, or on standard input')
  return token
}

function readFileOr(argument: string): string {
  // A token has two dots and no slash; only what is not one can name a file.
  if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(argument)) return argument
  const status = argument.length < 4096 ? statSync(argument, { throwIfNoEntry: false }) : undefined
  if (status === undefined) return argument
  if (!status.isFile() || status.size > maxTokenBytes)
    throw new UsageError(`${argument} is not a file with a token`)
  return readFileSync(argument, 'utf8')
}

function readInput(): string {
  if (process.stdin.isTTY)
    throw new UsageError('there is no token: give it as an argument, a file, or on standard input')
  const descriptor = openSync('/dev/stdin', 'r')
  const buffer = Buffer.alloc(maxTokenBytes + 1)
  let length = 0
  for (;;) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, null)
    length += count
    if (length > maxTokenBytes) throw new UsageError('standard input is too long to be a token')
    if (count === 0) return buffer.toString('utf8', 0, length)
  }
}
