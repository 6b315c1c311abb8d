import type { Command } from 'commander'
import { formatDuration } from 'skewproof'
import { UsageError } from '../usage-error.ts'
import { print } from './output.ts'
import { addServiceOptions, callService, callServiceOk, type ServiceOptions } from './service-client.ts'
import { readTokenInput } from './token-input.ts'

interface IssueOptions extends ServiceOptions {
  readonly sub: string
  readonly expiresIn?: string
  readonly aud?: string[]
  readonly scope?: string
  readonly refresh?: boolean
}

interface RevokeOptions extends ServiceOptions {
  readonly sub?: string
  readonly issuedBefore?: string
}

export function tokenCommand(program: Command): void {
  const token = program.command('token').description('issue, verify and revoke tokens of a running service')

  addServiceOptions(token.command('issue').description('issue a token for a subject'))
    .requiredOption('--sub <subject>', 'whom the token is for')
    .option('--expires-in <seconds>', 'how long it lives')
    .option('--aud <audience...>', 'who it is meant for')
    .option('--scope <scope>', 'space-separated')
    .option('--refresh', 'also give a refresh token')
    .action(issue)

  addServiceOptions(token.command('verify').description('ask the service whether it accepts a token'))
    .argument('[token]', 'the token, a file that holds it, or - for standard input')
    .action(verify)

  addServiceOptions(token.command('revoke').description('revoke a token, or all that a subject has'))
    .argument('[jti-or-token]', 'the token or its jti')
    .option('--sub <subject>', 'everything that this subject has')
    .option('--issued-before <seconds>', 'everything issued before this instant, seconds since the epoch')
    .action(revoke)
}

async function issue({ sub, expiresIn, aud, scope, refresh, ...options }: IssueOptions): Promise<void> {
  const body = await callServiceOk(options, {
    method: 'POST',
    path: '/v1/tokens',
    json: {
      sub,
      ...(expiresIn !== undefined && { expires_in: seconds('--expires-in', expiresIn) }),
      ...(aud !== undefined && { aud }),
      ...(scope !== undefined && { scope }),
      ...(refresh !== undefined && { refresh }),
    },
  })
  // The token alone, so that it can be kept in a variable.
  print(options.json, body, String(body['access_token']))
}

async function verify(argument: string | undefined, options: ServiceOptions): Promise<void> {
  const bearer = await readTokenInput(argument)
  const { status, body } = await callService(options, { method: 'GET', path: '/forward-auth', bearer })
  if (status === 200) {
    print(options.json, { accepted: true }, 'accepted')
    return
  }
  if (status !== 401) throw new UsageError(`the service cannot tell: ${String(body['detail'] ?? status)}`)
  const { code, detail, claim, byMs, culprit } = body
  print(
    options.json,
    { accepted: false, code, detail, claim, byMs, culprit },
    `refused: ${String(code)}: ${String(detail)}`,
  )
  process.exitCode = 1
}

async function revoke(
  argument: string | undefined,
  { sub, issuedBefore, ...options }: RevokeOptions,
): Promise<void> {
  const given = [argument, sub, issuedBefore].filter(value => value !== undefined)
  if (given.length !== 1) throw new UsageError('give one of: a token or its jti, --sub, --issued-before')
  const json =
    sub !== undefined
      ? { sub }
      : issuedBefore !== undefined
        ? { issued_before: seconds('--issued-before', issuedBefore) }
        : { jti: jtiOf(await readTokenInput(argument)) }
  const body = await callServiceOk(options, { method: 'POST', path: '/v1/revocations', json })
  print(
    options.json,
    body,
    body['revoked'] === true ? `revoked (${String(body['durability'])})` : 'there was nothing to revoke',
  )
}

/** A token names its `jti`; whether the token is genuine does not matter to revoke it. */
function jtiOf(text: string): string {
  if (!text.includes('.')) return text
  try {
    const claims: unknown = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('utf8'))
    if (typeof claims === 'object' && claims !== null && 'jti' in claims && typeof claims.jti === 'string')
      return claims.jti
  } catch {
    // Said below.
  }
  throw new UsageError('that is neither a jti nor a token that names one')
}

function seconds(option: string, text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new UsageError(
      `${option}: use a whole number of seconds, for example 3600 (${formatDuration(3_600_000)})`,
    )
  }
  return value
}
