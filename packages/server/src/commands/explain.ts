import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import {
  type ClockReading,
  importVerificationKey,
  type KeyInput,
  type KeySource,
  remoteKeys,
  staticKeys,
  systemHostClock,
  TokenError,
} from 'skewproof'
import { addSettings } from '../configuration.ts'
import {
  checkSignature,
  describeToken,
  type ExaminedToken,
  type ReadToken,
  readToken,
  type Signature,
} from '../explain/examine.ts'
import { openHostClock, sourceSetting } from '../host-clock.ts'
import { UsageError } from '../usage-error.ts'
import { print, table } from './output.ts'
import { readTokenInput } from './token-input.ts'

interface ExplainOptions {
  readonly source: readonly string[]
  readonly jwks?: string
  readonly key?: string
  readonly json?: boolean
}

export function explainCommand(program: Command): void {
  const command = program
    .command('explain')
    .description('why would this token be refused, here, now, and whose clock is wrong')
    .argument('[token]', 'the token, a file that holds it, or - for standard input')
  addSettings(command, [sourceSetting])
    .option('--jwks <url>', "the issuer's key set, to check the signature with")
    .option('--key <file>', 'the public key (PEM or JWK), to check the signature with')
    .option('--json', 'print JSON')
    .action(explainToken)
}

async function explainToken(argument: string | undefined, options: ExplainOptions): Promise<void> {
  const token = await readTokenInput(argument)
  const keys = keySource(options)
  const read = readToken(token)
  if ('verdict' in read) {
    print(options.json, read, read.reasons.map(({ message }) => message).join('\n'))
    process.exitCode = 1
    return
  }
  const reading = await readHostClock(options.source)
  const wallMs = systemHostClock.wallMs()
  const signature = keys === undefined ? 'unchecked' : await signatureBy(read, keys)
  const result = describeToken(read, signature, reading, wallMs)
  print(options.json, result, describe(result))
  const isAccepted = result.verdict === 'valid' || result.verdict === 'ambiguous'
  if (!isAccepted || signature === 'invalid') process.exitCode = 1
}

async function signatureBy(token: ReadToken, keys: KeySource): Promise<Signature> {
  try {
    return await checkSignature(token, keys)
  } catch (error) {
    throw error instanceof TokenError ? new UsageError(error.message) : error
  }
}

async function readHostClock(source: readonly string[]): Promise<ClockReading> {
  const clock = await openHostClock(source)
  clock.close()
  return clock.now()
}

function describe({ verdict, reasons, policies, signature, clock }: ExaminedToken): string {
  const bound = clock.errorMs === null ? '' : `, within ${clock.errorMs} ms`
  return [
    `verdict    ${verdict}`,
    `signature  ${signature}`,
    'revocation not looked at: "skewproof token verify" asks the service',
    `clock      ${clock.status}${bound}`,
    '',
    table(
      reasons.map(({ claim, message, culprit }) => [
        claim,
        message,
        culprit === 'none' ? '' : `culprit: ${culprit}`,
      ]),
    ),
    '',
    table(policies.map(({ name, accepted, message }) => [accepted ? 'accepted' : 'REFUSED', name, message])),
  ].join('\n')
}

function keySource({ jwks, key }: ExplainOptions): KeySource | undefined {
  if (jwks !== undefined) return remoteKeys(jwks)
  if (key === undefined) return undefined
  return staticKeys([importVerificationKey(readKey(key))])
}

function readKey(path: string): KeyInput {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new UsageError(`the key file ${path} cannot be read`)
  }
  if (!text.trimStart().startsWith('{')) return text
  try {
    return JSON.parse(text) as KeyInput
  } catch {
    throw new UsageError(`the key file ${path} is neither PEM nor a JWK`)
  }
}
