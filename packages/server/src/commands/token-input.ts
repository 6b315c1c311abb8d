import { readFileSync, statSync } from 'node:fs'
import { UsageError } from '../usage-error.ts'

const maxTokenBytes = 65_536
const noToken = 'there is no token: give it as an argument, a file, or on standard input'

/**
 * The token that a command is about: the argument itself, the content of the file that it names, or standard input for `-`
 * or none. A `Bearer` in front and white space around it are forgiven.
 */
export async function readTokenInput(argument: string | undefined): Promise<string> {
  const text = argument === undefined || argument === '-' ? await readInput() : readFileOr(argument)
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

async function readInput(): Promise<string> {
  if (process.stdin.isTTY) throw new UsageError(noToken)
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    length += bytes.length
    if (length > maxTokenBytes) throw new UsageError('standard input is too long to be a token')
  }
  return Buffer.concat(chunks).toString('utf8')
}
