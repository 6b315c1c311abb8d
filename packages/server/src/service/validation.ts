import { Ajv, type Options } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'

/** Nothing is left out, filled in or made to fit: what does not match is refused. */
const strictly: Options = {
  removeAdditional: false,
  useDefaults: false,
  coerceTypes: false,
  allErrors: false,
  // The schemas are our own, and a test looks at them: to compile the schema of schemas is a tenth of a start.
  validateSchema: false,
}

/** Checks requests by the schemas of their routes. A body has types; what is in a path or a query is text, and is read as what the schema says. */
export function buildValidator(): FastifySchemaCompiler<object> {
  const ofBodies = new Ajv(strictly)
  const ofText = new Ajv({ ...strictly, coerceTypes: true })
  return ({ schema, httpPart }) => (httpPart === 'body' ? ofBodies : ofText).compile(schema)
}
