/** Wrong use, or a machine that is not as it must be: one line that says what to do, and exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'ERR_USAGE'
}
