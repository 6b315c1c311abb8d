import type { Command } from 'commander'
import { formatDuration } from 'skewproof'
import { print, table } from './output.ts'
import { addServiceOptions, callServiceOk, type ServiceOptions } from './service-client.ts'

export function keysCommand(program: Command): void {
  const keys = program.command('keys').description('the keys that the service signs with')

  addServiceOptions(keys.command('list').description('the keys and their state')).action(list)

  addServiceOptions(
    keys.command('rotate').description('publish a new key, which signs once everybody has seen it'),
  )
    .option(
      '--compromised',
      'a key has leaked: the new one signs at once, and all tokens of the old ones are refused',
    )
    .action(rotate)
}

async function list(options: ServiceOptions): Promise<void> {
  show(options, await callServiceOk(options, { method: 'GET', path: '/v1/keys' }))
}

async function rotate({
  compromised = false,
  ...options
}: ServiceOptions & { compromised?: boolean }): Promise<void> {
  show(
    options,
    await callServiceOk(options, { method: 'POST', path: '/v1/keys/rotations', json: { compromised } }),
  )
}

interface ListedKey {
  readonly kid: string
  readonly alg: string
  readonly state: string
  readonly signs_in: number
  readonly verifies_for?: number
}

function show(options: ServiceOptions, body: Readonly<Record<string, unknown>>): void {
  const keys = (Array.isArray(body['keys']) ? body['keys'] : []) as readonly ListedKey[]
  print(options.json, keys, table([['KID', 'ALG', 'STATE', 'NEXT'], ...keys.map(describe)]))
}

function describe({
  kid,
  alg,
  state,
  signs_in: signsIn,
  verifies_for: verifiesFor,
}: ListedKey): readonly string[] {
  if (signsIn > 0) return [kid, alg, state, `signs in ${formatDuration(signsIn * 1000)}`]
  return [
    kid,
    alg,
    state,
    verifiesFor === undefined ? '' : `is dropped in ${formatDuration(verifiesFor * 1000)}`,
  ]
}
