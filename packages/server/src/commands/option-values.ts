import { InvalidArgumentError } from 'commander'

/** Reads a whole number within limits. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return text => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`Use a whole number from ${min} to ${max}.`)
    return value
  }
}

/** Reads seconds up to an hour. */
export function seconds(text: string): number {
  const value = /^\d{1,4}(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (!(value > 0 && value <= 3600)) throw new InvalidArgumentError('Use a number of seconds up to 3600.')
  return value
}
