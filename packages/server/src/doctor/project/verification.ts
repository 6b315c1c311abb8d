import type { Node, ObjectExpression } from '@babel/types'
import { isFunction, type Scope } from './bindings.ts'
import { constantOf, type Imported, resolveImport } from './resolve.ts'
import { nameOf, unwrap } from './syntax.ts'

/** How much a call that verifies a token forgives. */
export type Tolerance =
  | { readonly kind: 'absent' }
  | { readonly kind: 'seconds'; readonly seconds: number }
  /** A string where the library adds it to a number: `1800000000 + '30'` is far in the future. */
  | { readonly kind: 'concatenated'; readonly text: string }
  /** As far as the clock's bound: skewproof's `timeOptions()`. */
  | { readonly kind: 'bounded' }
  /** It is given, by an expression whose value cannot be told. */
  | { readonly kind: 'computed' }
  /** The options are given by a name or a spread: whether they hold one cannot be told. */
  | { readonly kind: 'hidden' }

/** `'unknown'`: given, by an expression whose value cannot be told. */
export type Ignores = 'yes' | 'no' | 'unknown'

/** A call of a function that verifies tokens. */
export interface Verification {
  readonly library: string
  readonly method: string
  readonly tolerance: Tolerance
  readonly ignoresExpiration: Ignores
}

interface Library {
  /** Functions of (token, key, options). */
  readonly verifies: readonly string[]
  readonly readTolerance: (value: unknown) => Tolerance
  readonly canIgnoreExpiration: boolean
}

const libraries: ReadonlyMap<string, Library> = new Map([
  [
    'jsonwebtoken',
    {
      verifies: ['verify'],
      readTolerance: readSecondsOrText,
      canIgnoreExpiration: true,
    },
  ],
  [
    'jose',
    {
      verifies: ['jwtVerify', 'jwtDecrypt'],
      readTolerance: readSecondsOrSpan,
      canIgnoreExpiration: false,
    },
  ],
])

/** The package of a module's name, which may have a path and, in Deno, a scheme and a version. */
export function packageOf(module: string): string {
  return /^(?:npm:)?(?<name>(?:@[^/]+\/)?[^/@]+)/.exec(module)?.groups?.['name'] ?? module
}

/** What a call verifies with; `undefined` when it is not a call that verifies tokens. */
export function readVerification(
  { module, path }: Imported,
  args: readonly Node[],
  scope: Scope,
): Verification | undefined {
  const library = packageOf(module)
  const known = libraries.get(library)
  const [method, ...deeper] = path
  if (known === undefined || method === undefined || deeper.length > 0) return undefined
  if (!known.verifies.includes(method)) return undefined
  return { library, method, ...readOptions(args, known, scope) }
}

type Options = Omit<Verification, 'library' | 'method'>

const hidden: Options = { tolerance: { kind: 'hidden' }, ignoresExpiration: 'no' }
const bounded: Options = { tolerance: { kind: 'bounded' }, ignoresExpiration: 'no' }
const absent: Options = { tolerance: { kind: 'absent' }, ignoresExpiration: 'no' }

function readOptions(args: readonly Node[], library: Library, scope: Scope): Options {
  if (args.slice(0, 3).some(({ type }) => type === 'SpreadElement')) return hidden
  const options = args[2] === undefined ? undefined : unwrap(args[2])
  // A callback may take the options' place.
  if (options === undefined || isFunction(options)) return absent
  if (isTimeOptions(options, scope)) return bounded
  if (options.type === 'ObjectExpression') {
    return {
      tolerance: readTolerance(options, library, scope),
      ignoresExpiration: library.canIgnoreExpiration ? readIgnores(options, scope) : 'no',
    }
  }
  const constant = constantOf(options, scope)
  return constant !== undefined && (constant.value ?? undefined) === undefined ? absent : hidden
}

function readTolerance(options: ObjectExpression, library: Library, scope: Scope): Tolerance {
  const property = findProperty(options, 'clockTolerance')
  if (property === 'absent') return { kind: 'absent' }
  if (property === 'hidden') {
    const isBounded = options.properties.some(
      one => one.type === 'SpreadElement' && isTimeOptions(one.argument, scope),
    )
    return { kind: isBounded ? 'bounded' : 'hidden' }
  }
  const constant = constantOf(property, scope)
  return constant === undefined ? { kind: 'computed' } : library.readTolerance(constant.value)
}

/** Whether it is what skewproof gives jose to verify with. */
function isTimeOptions(node: Node, scope: Scope): boolean {
  if (node.type !== 'CallExpression') return false
  const { module = '', path = [] } = resolveImport(node.callee, scope) ?? {}
  return packageOf(module) === 'skewproof' && path.join('.') === 'timeOptions'
}

function readIgnores(options: ObjectExpression, scope: Scope): Ignores {
  const property = findProperty(options, 'ignoreExpiration')
  if (property === 'absent' || property === 'hidden') return 'no'
  const constant = constantOf(property, scope)
  if (constant === undefined) return 'unknown'
  return constant.value ? 'yes' : 'no'
}

/** The value of a property; the last one counts, and a spread may hold any. */
export function findProperty(object: ObjectExpression, wanted: string): Node | 'absent' | 'hidden' {
  for (const property of object.properties.toReversed()) {
    if (property.type === 'SpreadElement') return 'hidden'
    const name = nameOf(property.key, property.computed)
    if (name === undefined) return 'hidden'
    if (name === wanted) return property.type === 'ObjectProperty' ? property.value : 'hidden'
  }
  return 'absent'
}

function readSecondsOrText(value: unknown): Tolerance {
  if (typeof value === 'string' && value !== '') return { kind: 'concatenated', text: value }
  return readSeconds(value)
}

const spanSeconds: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_557_600,
}

/** jose's time spans: `'30s'`, `'5 minutes'`. */
function readSecondsOrSpan(value: unknown): Tolerance {
  if (typeof value !== 'string') return readSeconds(value)
  const match = /^\+? ?(\d+(?:\.\d+)?) ?([smhdwy])[a-z]*$/i.exec(value)
  const unit = spanSeconds[match?.[2]?.toLowerCase() ?? '']
  return match === null || unit === undefined
    ? { kind: 'computed' }
    : { kind: 'seconds', seconds: Number(match[1]) * unit }
}

function readSeconds(value: unknown): Tolerance {
  if (typeof value === 'number') return { kind: 'seconds', seconds: value }
  return value === undefined || value === null || value === '' ? { kind: 'absent' } : { kind: 'computed' }
}
