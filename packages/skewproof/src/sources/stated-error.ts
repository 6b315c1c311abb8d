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
  if (serverError === undefined)
    throw new OptionError('source', `'#${fragment.slice(0, 40)}' is not #serverError=DURATION`)
  return { address, serverError }
}
