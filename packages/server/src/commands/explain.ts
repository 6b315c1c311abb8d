import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import {
  type ClockReading,
  importVerificationKey,
  type KeyInput,
  type KeySource,
  type ParsedJws,
  parseJws,
  parsePayload,
  readTimeClaims,
  remoteKeys,
  staticKeys,
  systemHostClock,
  TokenError,
  verifySignature,
} from 'skewproof'
import { addSettings } from '../configuration.ts'
import { explain } from '../explain/explain.ts'
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
  const jws = parse(token, options.json)
  if (jws === undefined) return
  const claims = parsePayload(jws.payload)
  const reading = await readHostClock(options.source)
  const explanation = explain(claims, readTimeClaims(claims), reading, systemHostClock.wallMs())
  const signature = keys === undefined ? 'unchecked' : await checkSignature(jws, keys)
  const clock = {
    status: reading.status,
    timeMs: reading.timeMs,
    errorMs: Number.isFinite(reading.errorMs) ? reading.errorMs : null,
  }
  const result = { ...explanation, signature, clock }
  print(options.json, result, describe(result))
  const isAccepted = explanation.verdict === 'valid' || explanation.verdict === 'ambiguous'
  if (!isAccepted || signature === 'invalid') process.exitCode = 1
}

async function readHostClock(source: readonly string[]): Promise<ClockReading> {
  const clock = await openHostClock(source)
  clock.close()
  return clock.now()
}

type Result = ReturnType<typeof explain> & {
  readonly signature: string
  readonly clock: { readonly status: string; readonly errorMs: number | null }
}

function describe({ verdict, reasons, policies, signature, clock }: Result): string {
  const bound = clock.errorMs === null ? '' : `, within ${clock.errorMs} ms`
  return [
    `verdict    ${verdict}`,
    `signature  ${signature}`,
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

/** A token that is none is a finding too. */
function parse(token: string, isJson: boolean | undefined): ParsedJws | undefined {
  try {
    const jws = parseJws(token)
    parsePayload(jws.payload)
    readTimeClaims(parsePayload(jws.payload))
    return jws
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    const reason = { claim: error.claim ?? null, byMs: null, culprit: 'none', message: error.message }
    print(
      isJson,
      { verdict: 'malformed', code: error.code, claims: {}, reasons: [reason], policies: [] },
      error.message,
    )
    process.exitCode = 1
    return undefined
  }
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

async function checkSignature(jws: ParsedJws, keys: KeySource): Promise<'valid' | 'invalid'> {
  const { kid, alg } = jws.header
  try {
    const key = keys.find(kid, alg) ?? (await keys.refresh(kid, alg))
    return key !== undefined && verifySignature(jws, key) ? 'valid' : 'invalid'
  } catch (error) {
    if (error instanceof TokenError && error.code === 'ERR_KEYS_UNAVAILABLE')
      throw new UsageError(error.message)
    if (error instanceof TokenError) return 'invalid'
    throw error
  }
}
