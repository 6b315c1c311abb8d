/** What the core reads of a request, whatever the framework. */
export interface RequestFields {
  /** The values of a header field, one for each line of the message. */
  values(name: string): readonly string[]
}

/** What was found: no credentials, a token, or something that no token can be read from. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'malformed'; readonly problem: string }

const none: Credentials = { kind: 'none' }

/** RFC 9110, 11.2: what a bearer token may be made of. */
const token68 = /^[A-Za-z0-9._~+/-]+=*$/

/**
 * The token of an `Authorization: Bearer` header (RFC 6750, 2.1). Credentials of other schemes are somebody else's. A scheme
 * without credentials, as programs send that have no token, is none.
 */
export function bearerCredentials(fields: RequestFields): Credentials {
  const values = fields.values('authorization')
  if (values.length > 1) return malformed('the request has several Authorization headers')
  const [, given] = /^bearer(?![^ \t])[ \t]*(.*)$/is.exec(values[0] ?? '') ?? []
  const token = given?.trimEnd()
  if (token === undefined || token === '') return none
  return token68.test(token)
    ? { kind: 'token', token }
    : malformed('the Authorization header holds other than one bearer token')
}

/** The token in a cookie. What cannot be one is left to the verifier. */
export function cookieCredentials(fields: RequestFields, name: string): Credentials {
  const found = fields
    .values('cookie')
    .flatMap(value => value.split(';'))
    .map(pair => pair.trim())
    .filter(pair => pair.startsWith(`${name}=`))
    .map(pair => pair.slice(name.length + 1).replace(/^"(.*)"$/, '$1'))
  const [token = ''] = found
  if (found.length > 1) return malformed(`the request has several cookies "${name}"`)
  return token === '' ? none : { kind: 'token', token }
}

/** RFC 6750, section 2: a client must not send a token in more than one way. */
export function onlyOne(found: readonly Credentials[]): Credentials {
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const sent = found.filter(({ kind }) => kind !== 'none')
  const [first = none] = sent
  return sent.length > 1 ? malformed('the request carries a token in more than one place') : first
}

function malformed(problem: string): Credentials {
  return { kind: 'malformed', problem }
}
