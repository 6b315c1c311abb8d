import type { TimeSource } from '../clock/source.ts'
import { OptionError } from '../time/index.ts'
import { aws } from './aws/aws.ts'
import { chrony } from './chrony/chrony.ts'
import type { ChronyOptions } from './chrony/daemon.ts'
import { http } from './http/http.ts'
import { parseEndpoint } from './net/endpoint.ts'
import { quote } from './net/quote.ts'
import { ntpd } from './ntpd/ntpd.ts'
import { nts } from './nts/nts.ts'
import { redis } from './redis/redis.ts'
import { sntp } from './sntp/sntp.ts'
import { splitStatedError } from './stated-error.ts'
import { system } from './system/system.ts'
import { timesyncd } from './timesyncd/timesyncd.ts'

interface SourceForm {
  /** How it is written; what is in capitals stands for something. */
  readonly form: string
  /** Makes it from what follows the colon; `undefined`: nothing does. */
  readonly make: (rest: string | undefined) => TimeSource | undefined
}

function only(make: () => TimeSource): SourceForm['make'] {
  return rest => (rest === undefined ? make() : undefined)
}

/** An address, which may state how wrong the server's clock can be. */
function addressed(
  scheme: string,
  make: (address: string, options: { serverError?: string }) => TimeSource,
): SourceForm['make'] {
  return rest => {
    if (rest === undefined) return undefined
    const { address, ...options } = splitStatedError(`${scheme}:${rest}`)
    return make(address, options)
  }
}

/**
 * Where chronyd is asked, from what follows `chrony:` in a source's text: a path is that of its Unix socket.
 *
 * @throws OptionError when it is no address
 */
export function chronyOptions(where: string | undefined): ChronyOptions {
  if (where === undefined) return {}
  return where.startsWith('/') ? { socket: where } : parseEndpoint('chrony', where, 323)
}

/** By what comes before the first colon. */
const forms: ReadonlyMap<string, SourceForm> = new Map([
  ['chrony', { form: 'chrony[:HOST[:PORT]|:/PATH]', make: where => chrony(chronyOptions(where)) }],
  ['ntpd', { form: 'ntpd[:HOST[:PORT]]', make: server => ntpd(server) }],
  ['timesyncd', { form: 'timesyncd', make: only(timesyncd) }],
  ['sntp', { form: 'sntp:HOST[:PORT]', make: host => (host === undefined ? undefined : sntp(host)) }],
  ['nts', { form: 'nts:HOST[:PORT]', make: host => (host === undefined ? undefined : nts(host)) }],
  ['aws', { form: 'aws', make: only(aws) }],
  ['https', { form: 'https://HOST/clock', make: addressed('https', http) }],
  ['http', { form: 'http://HOST/clock', make: addressed('http', http) }],
  ['redis', { form: 'redis://HOST[:PORT]', make: addressed('redis', redis) }],
  ['rediss', { form: 'rediss://HOST[:PORT]', make: addressed('rediss', redis) }],
  ['system', { form: 'system', make: only(system) }],
])

/** How the sources are written, for help texts. */
export const sourceForms: readonly string[] = [...forms.values()].map(({ form }) => form)

/**
 * A time source from the text that names it, as `--source` takes it: `sntp:time.example.com`, `system`, ...
 *
 * @throws OptionError for a name that is not known, or what cannot follow it
 */
export function parseSource(text: string): TimeSource {
  const colon = text.indexOf(':')
  const [name, rest] = colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
  const source = forms.get(name)?.make(rest)
  if (source === undefined) {
    throw new OptionError('source', `${quote(text)} is not known; use ${sourceForms.join(', ')}`)
  }
  return source
}
