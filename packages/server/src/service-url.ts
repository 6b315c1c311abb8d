import { UsageError } from './usage-error.ts'

/** @throws UsageError when `--url` is no http address */
export function serviceUrl(base: string, path: string): URL {
  if (!URL.canParse(base) || !/^https?:/.test(base))
    throw new UsageError(`--url: ${base} is not an http address`)
  return new URL(base.replace(/\/$/, '') + path)
}
