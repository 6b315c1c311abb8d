import { OptionError } from '../time/index.ts'

/** An address as `--source` takes it, and what it says of the server's clock. */
export interface StatedError {
  readonly address: string
  readonly serverError?: string
}

/**
 * Reads `https://HOST/#serverError=200ms`: the fragment never leaves this machine.
 *
 * @throws OptionError for any other fragment
 */
export function splitStatedError(text: string): StatedError {
  const [address = '', fragment] = text.split('#', 2)
  if (fragment === undefined) return { address }
  const [, serverError] = /^serverError=(.+)$/.exec(fragment) ?? []
  // A password with a # in it would be repeated here.
  if (serverError === undefined)
    throw new OptionError('source', 'what follows the # of an address can only be serverError=DURATION')
  return { address, serverError }
}
