import { default as fastJsonStringify } from 'fast-json-stringify'
import type { FastifySerializerCompiler } from 'fastify'

/** Compiles what writes answers, once for each schema: most routes share those of their refusals. */
export function buildSerializer(): FastifySerializerCompiler<object> {
  const compiled = new WeakMap<object, (data: unknown) => string>()
  return ({ schema }) => {
    const known = compiled.get(schema)
    if (known !== undefined) return known
    const serialize = fastJsonStringify(schema)
    compiled.set(schema, serialize)
    return serialize
  }
}
