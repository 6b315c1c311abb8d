import { exposedFields } from 'skewproof/http'

/**
 * For what a page of any origin may use: no cookie is looked at, and a page can send no `Authorization` without a preflight,
 * which is not answered. The exposed fields are those that the client needs.
 */
export const openToPages: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': exposedFields.join(', '),
}
