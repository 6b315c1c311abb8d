/**
 * An option that cannot be used. `option` names it; the message says what was wrong and what to write instead.
 */
export class OptionError extends TypeError {
  override readonly name = 'OptionError'
  readonly code = 'ERR_OPTION'
  readonly option: string

  constructor(option: string, problem: string) {
    super(`${option}: ${problem}`)
    this.option = option
  }
}
